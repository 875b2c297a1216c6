//! The nouns: a person as kept, as shown, as typed.
//!
//! **Tails.** A resident ID is region (6), birth date (8), sequence (3) and check digit. Region and
//! birth date can be guessed from the rest of the register, so a mask with head and tail would give
//! the number away to whoever copies the database. Only the last two characters of a document and
//! the last four digits of a phone stand in the clear.

use kernel::{AddressId, Date, PersonId, StationId, Timestamp, UserId, Uuid, record, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// 性别（GB/T 2261.1）
    pub enum Sex { Male = "male" / "男", Female = "female" / "女", Unknown = "unknown" / "未说明" }
}

text_enum! {
    /// 证件种类
    pub enum IdKind {
        Resident = "resident_id" / "居民身份证",
        Residence = "hmt_residence" / "港澳台居民居住证",
        HongKongMacao = "hk_macao_permit" / "港澳居民来往内地通行证",
        Taiwan = "taiwan_permit" / "台湾居民来往大陆通行证",
        Passport = "passport" / "护照",
        ForeignPermanent = "foreign_permanent" / "外国人永久居留身份证",
        None = "none" / "未登记证件",
    }
}

text_enum! {
    /// 人口类别（一标三实“实有人口”；代码表 person.kind）
    pub enum PersonKind {
        Domicile = "domicile" / "户籍（常住）",
        Migrant = "migrant" / "流动（暂住）",
        Foreign = "foreign" / "境外",
        EmptyRegister = "empty_register" / "空挂",
    }
}

text_enum! {
    /// 与户主关系（按 GB/T 4761 的大类）
    pub enum Relation {
        Head = "head" / "户主",
        Spouse = "spouse" / "配偶",
        Child = "child" / "子女",
        Grandchild = "grandchild" / "孙子女、外孙子女",
        Parent = "parent" / "父母",
        Grandparent = "grandparent" / "祖父母、外祖父母",
        Sibling = "sibling" / "兄弟姐妹",
        Other = "other" / "其他亲属",
        Tenant = "tenant" / "承租人",
        NonRelative = "non_relative" / "非亲属",
    }
}

text_enum! {
    /// What can be opened with a purpose.
    pub enum Secret { IdNumber = "id_number" / "证件号码", Phone = "phone" / "电话" }
}

text_enum! {
    /// Why a name is not shown.
    pub enum Hidden { Minor = "minor" / "未成年人", Protected = "protected" / "受保护人", Erased = "erased" / "已到期清理" }
}

record! {
    /// A row as it stands. Stays inside the domain.
    #[derive(Clone, Debug)]
    pub(crate) struct PersonRow {
        pub id: PersonId,
        pub station_id: StationId,
        pub name: String,
        pub sex: Sex,
        pub ethnicity: String,
        pub birth: Option<Date>,
        pub adult_on: Option<Date>,
        pub minor_told: bool,
        pub id_kind: IdKind,
        pub id_tail: String,
        pub phone_tail: String,
        pub kind: Option<PersonKind>,
        pub contact: bool,
        pub protected: bool,
        pub domicile: String,
        pub pending_place: String,
        pub died_on: Option<Date>,
        pub erased_at: Option<Timestamp>,
        pub version: i64,
    }
}

record! {
    /// Where a person lives or lived.
    #[derive(Clone, Debug)]
    pub struct Residence {
        pub person_id: PersonId,
        pub address_id: AddressId,
        pub relation: Relation,
        pub from_day: Date,
        pub until_day: Option<Date>,
    }
}

record! {
    /// A legal hold: the person's data is not cleared while it stands.
    #[derive(Clone, Debug)]
    pub struct Hold {
        pub id: Uuid,
        pub reason: String,
        pub placed_by: UserId,
        pub placed_at: Timestamp,
        pub released_at: Option<Timestamp>,
    }
}

/// What is kept for as long as another record is: a dispute and its parties while its volume is.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The record for whose sake, e.g. the volume's dispute.
    pub owner: Uuid,
    /// Kind of the record kept, as in the chain.
    pub kind: &'a str,
    pub record: Uuid,
    pub persons: &'a [PersonId],
    /// Last day; `None` is for good (永久).
    pub until: Option<Date>,
}

record! {
    /// How many registered people are of a sex and an age: a count, of nobody in particular.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Ages {
        pub sex: Sex,
        /// In full years.
        pub age: i64,
        pub n: i64,
    }
}

/// A person as the caller may see: masked, hidden where the rule says.
#[derive(Clone, Debug)]
pub struct PersonView {
    pub id: PersonId,
    pub station: StationId,
    /// The name, or what stands for it (未成年人、受保护人、已到期清理).
    pub name: String,
    pub hidden: Option<Hidden>,
    pub sex: Sex,
    pub ethnicity: String,
    /// `None` when unknown or hidden.
    pub birth: Option<Date>,
    pub age: Option<i64>,
    pub minor: bool,
    pub id_kind: IdKind,
    /// `****************2X`, or "" when none is kept.
    pub id_masked: String,
    /// `*******1234`, or "".
    pub phone_masked: String,
    pub kind: Option<PersonKind>,
    /// Known only from a report or a dispute, not in the register.
    pub contact: bool,
    pub protected: bool,
    pub domicile: String,
    /// The address as it was typed, while nobody has found it (待定位).
    pub pending_place: String,
    pub died_on: Option<Date>,
    pub address: Option<AddressId>,
    /// The printed line of the present address, or "".
    pub address_line: String,
    pub relation: Option<Relation>,
    pub version: i64,
}

/// A person to register. `id_number` and `phone` as typed; an empty one is not kept.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub station: StationId,
    pub name: String,
    pub sex: Option<Sex>,
    pub ethnicity: String,
    pub birth: Option<Date>,
    pub id_kind: IdKind,
    pub id_number: String,
    pub phone: String,
    pub kind: PersonKind,
    pub protected: bool,
    pub domicile: String,
    pub home: Option<Home>,
}

/// Moving into an address.
#[derive(Clone, Copy, Debug)]
pub struct Home {
    pub address: AddressId,
    pub from: Date,
    pub relation: Relation,
}

/// New values of a person. An empty `id_number` or `phone` leaves what is kept.
#[derive(Clone, Debug)]
pub struct PersonEdit {
    pub name: String,
    pub sex: Option<Sex>,
    pub ethnicity: String,
    pub birth: Option<Date>,
    pub id_kind: IdKind,
    pub id_number: String,
    pub phone: String,
    pub kind: Option<PersonKind>,
    pub protected: bool,
    pub domicile: String,
    pub died_on: Option<Date>,
}

/// A reporter, a party, a witness: name and phone, either may be empty.
#[derive(Clone, Debug)]
pub struct NewContact {
    pub station: StationId,
    pub name: String,
    pub phone: String,
    /// Asked for secrecy (举报人保密).
    pub protected: bool,
    pub minor: bool,
    pub address: Option<AddressId>,
}

/// One row of a register file, every cell as text.
#[derive(Clone, Debug, Default)]
pub struct RegisterRow {
    pub name: String,
    pub sex: String,
    pub ethnicity: String,
    pub birth: String,
    /// Chinese name or code; empty means a resident ID when a number stands there.
    pub id_kind: String,
    pub id_number: String,
    pub phone: String,
    pub kind: String,
    pub domicile: String,
    pub address: String,
    pub relation: String,
    pub from: String,
}

/// What became of a register row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Added { person: PersonId, located: bool },
    /// The document number was known: kind, phone and address were brought up to date.
    Updated { person: PersonId, located: bool },
}

/// One class of data in a clearing report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    pub class: String,
    /// The rule's key, title and source; the key alone when no rule is in force (待导入).
    pub rule: String,
    pub source: String,
    pub verified: bool,
    /// Everything last used before this day is due; `None` when no rule is in force.
    pub before: Option<Date>,
    /// How many are due and not held.
    pub due: i64,
    /// How many are due but under hold.
    pub held: i64,
    /// How many were cleared (0 in a dry run).
    pub cleared: i64,
}

/// What a clearing run found and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub dry_run: bool,
    pub on: Date,
    pub lines: Vec<ReportLine>,
}
