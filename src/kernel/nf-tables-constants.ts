// SPDX-License-Identifier: MIT
/** Numbers of linux/netfilter/nf_tables.h and its neighbours, by the headers' own names. */

/** linux/netfilter.h: `NFPROTO_*` */
export const NFPROTO_INET = 1;
export const NFPROTO_IPV4 = 2;
export const NFPROTO_IPV6 = 10;

/** linux/netfilter.h: `enum nf_inet_hooks` */
export const NF_INET_PRE_ROUTING = 0;
export const NF_INET_LOCAL_IN = 1;
export const NF_INET_FORWARD = 2;
export const NF_INET_LOCAL_OUT = 3;
export const NF_INET_POST_ROUTING = 4;

export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;

/** linux/netfilter/nfnetlink.h */
export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 0x10;
export const NFNL_MSG_BATCH_END = 0x11;
export const NFNLGRP_NFTABLES = 7;

/** `enum nf_tables_msg_types` */
export const NFT_MSG = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  GETRULE: 7,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  NEWGEN: 15,
  GETGEN: 16,
  NEWOBJ: 18,
  GETOBJ: 19,
  DELOBJ: 20,
} as const;

export const NFTA_LIST_ELEM = 1;

/** `enum nft_table_attributes` */
export const NFTA_TABLE = { NAME: 1, FLAGS: 2, USE: 3, HANDLE: 4, USERDATA: 6 } as const;
/** `enum nft_table_flags`: the table goes when the socket that made it is closed, and nobody else may touch it. */
export const NFT_TABLE_F_OWNER = 0x2;
/** `enum nft_hook_attributes` */
export const NFTA_HOOK = { HOOKNUM: 1, PRIORITY: 2 } as const;
/** `enum nft_chain_attributes` */
export const NFTA_CHAIN = {
  TABLE: 1,
  HANDLE: 2,
  NAME: 3,
  HOOK: 4,
  POLICY: 5,
  USE: 6,
  TYPE: 7,
  USERDATA: 12,
} as const;
/** `enum nft_rule_attributes` */
export const NFTA_RULE = { TABLE: 1, CHAIN: 2, HANDLE: 3, EXPRESSIONS: 4, POSITION: 6, USERDATA: 7 } as const;
/** `enum nft_expr_attributes` */
export const NFTA_EXPR = { NAME: 1, DATA: 2 } as const;
/** `enum nft_set_attributes` */
export const NFTA_SET = {
  TABLE: 1,
  NAME: 2,
  FLAGS: 3,
  KEY_TYPE: 4,
  KEY_LEN: 5,
  DATA_TYPE: 6,
  DATA_LEN: 7,
  DESC: 9,
  ID: 10,
  USERDATA: 13,
} as const;
/** `enum nft_set_elem_list_attributes` */
export const NFTA_SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3 } as const;
/** `enum nft_set_elem_attributes` */
export const NFTA_SET_ELEM = { KEY: 1, DATA: 2, FLAGS: 3 } as const;
/** `enum nft_data_attributes` */
export const NFTA_DATA = { VALUE: 1, VERDICT: 2 } as const;
/** `enum nft_verdict_attributes` */
export const NFTA_VERDICT = { CODE: 1, CHAIN: 2 } as const;
/** `enum nft_object_attributes` */
export const NFTA_OBJ = { TABLE: 1, NAME: 2, TYPE: 3, DATA: 4 } as const;
export const NFTA_GEN_ID = 1;

/** `enum nft_set_flags` */
export const NFT_SET_MAP = 0x8;
export const NFT_DATA_VERDICT = 0xffffff00;

/** `enum nft_verdicts`, and netfilter's own. */
export const NF_DROP = 0;
export const NF_ACCEPT = 1;
export const NFT_JUMP = -3;
export const NFT_GOTO = -4;
export const NFT_RETURN = -5;

export const NFT_OBJECT_CT_TIMEOUT = 7;
