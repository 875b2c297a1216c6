//! 群众申请查阅: the person in the picture, close relatives, those who guard or care for somebody may see (条例 §21).

use kernel::{Timestamp, Uuid, record, text_enum};

text_enum! {
    /// 与画面中人的关系
    pub enum Relation {
        Oneself = "oneself" / "本人",
        Relative = "relative" / "近亲属",
        Guardian = "guardian" / "监护人",
        Carer = "carer" / "负有看护责任的人",
    }
}

/// What is asked of a visitor before a picture is shown.
#[derive(Clone, Debug, Default)]
pub struct NewVisitor {
    pub name: String,
    pub relation: Option<Relation>,
    /// Whom or what is looked for.
    pub about: String,
    /// Who of the station allowed it.
    pub allowed_by: String,
    /// The paper of identity and of the relation was seen.
    pub checked: bool,
    /// Told that what is seen must not be spread.
    pub told: bool,
}

record! {
    /// A visitor of the register.
    #[derive(Clone, Debug)]
    pub struct Visitor {
        pub watch_id: Uuid,
        pub at: Timestamp,
        pub name: String,
        pub relation: Relation,
        pub about: String,
        pub allowed_by: String,
    }
}

impl Visitor {
    /// The name, or that its period is over.
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { "（姓名已到期清除）" } else { &self.name }
    }
}
