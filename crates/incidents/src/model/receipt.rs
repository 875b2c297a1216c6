//! 接报回执: number and secret that every reporter gets, to follow the matter without an account.

use kernel::{IncidentId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 回执交给谁
    pub enum GivenTo {
        Reporter = "reporter" / "报警人本人",
        Guardian = "guardian" / "监护人",
        /// Where a guardian is the one complained about, or cannot be reached.
        OtherAdult = "other_adult" / "其他成年亲属、学校或者村（居）委会人员",
    }
}

text_enum! {
    /// 交付方式
    pub enum Handing {
        Online = "online" / "网上显示",
        Printed = "printed" / "打印交付",
        ReadOut = "read_out" / "读给对方听",
    }
}

/// A receipt about to be given. Of the secret only the hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    pub hash: Vec<u8>,
    pub to: GivenTo,
    pub how: Handing,
}

record! {
    /// A receipt as kept: to whom, how, when, by whom; never its secret.
    #[derive(Clone, Debug)]
    pub struct Receipt {
        pub id: Uuid,
        pub incident_id: IncidentId,
        pub given_to: GivenTo,
        pub how: Handing,
        pub issued_at: Timestamp,
        pub issued_by: UserId,
        /// Another one took its place; its secret opens nothing any more.
        pub revoked_at: Option<Timestamp>,
    }
}
