//! The nouns: paper, volume, what a party brings, recording, signature, print, pass, reminder.

use kernel::{Date, DisputeId, ObligationId, StationId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 文书
    pub enum Paper {
        Application = "application" / "人民调解申请书",
        Registration = "registration" / "纠纷受理登记表",
        Rights = "rights" / "调解权利义务告知书",
        Identity = "identity" / "当事人身份证明",
        Power = "power" / "授权委托书",
        Inquiry = "inquiry" / "调查笔录",
        Evidence = "evidence" / "证据材料",
        Session = "session" / "调解记录",
        Agreement = "agreement" / "调解协议书",
        Oral = "oral" / "人民调解口头协议登记表",
        Performance = "performance" / "履行凭证",
        FollowUp = "follow_up" / "回访记录",
        Confirmation = "confirmation" / "司法确认申请书",
        Court = "court" / "司法确认材料",
        Closing = "closing" / "结案报告表",
        Note = "note" / "卷宗情况说明",
        OnSpot = "on_spot" / "现场治安调解书",
        Warning = "warning" / "家庭暴力告诫书",
        Referral = "referral" / "纠纷处理途径告知书",
        Refusal = "refusal" / "不予受理告知书",
        SelfSettlement = "self_settlement" / "自行和解申请书",
        Acceptance = "acceptance" / "自行和解认可书",
        Pass = "pass" / "当事人告知单",
        Reminder = "reminder" / "协议履行提醒单",
        Whole = "whole" / "卷宗",
    }
}

text_enum! {
    /// 代理权限
    pub enum Power { General = "general" / "一般授权", Special = "special" / "特别授权" }
}

text_enum! {
    /// 提醒方式
    pub enum Told { Read = "read" / "当面宣读", Phone = "phone" / "电话告知", Paper = "paper" / "送达提醒单" }
}

text_enum! {
    /// 签名人
    pub enum Signer { Party = "party" / "本人", Guardian = "guardian" / "监护人", Agent = "agent" / "代理人", Interpreter = "interpreter" / "翻译人员" }
}

/// Whether a part must be in the dossier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    Must,
    IfAny,
}

impl Duty {
    pub fn label(self) -> &'static str {
        match self {
            Duty::Must => "必备",
            Duty::IfAny => "如有",
        }
    }
}

record! {
    /// 卷宗（已立卷）
    #[derive(Clone, Debug)]
    pub struct Volume {
        pub station_id: StationId,
        pub dispute_id: DisputeId,
        pub number: String,
        pub title: String,
        pub mediator: String,
        pub organ: String,
        pub from_day: Date,
        pub until_day: Date,
        pub filed_by: String,
        pub filed_on: Date,
        pub retention: String,
        pub note: String,
        pub at: Timestamp,
        pub version: i64,
    }
}

record! {
    /// 申请
    #[derive(Clone, Debug)]
    pub struct Application {
        pub party_id: Uuid,
        pub requests: String,
        pub applied_on: Date,
        pub at: Timestamp,
    }
}

record! {
    /// What the papers need of a party beyond the dispute: guardian told, power given, interpreter.
    #[derive(Clone, Debug)]
    pub struct PartyMore {
        pub party_id: Uuid,
        pub occupation: String,
        pub guardian_relation: String,
        pub guardian_told_on: Option<Date>,
        pub guardian_told_how: String,
        /// 年满十六周岁、以自己的劳动收入为主要生活来源、本人同意不通知.
        pub guardian_exempt: bool,
        pub exempt_reason: String,
        pub power: Option<Power>,
        pub power_scope: String,
        pub interpreter: String,
        pub language: String,
    }
}

impl PartyMore {
    pub fn empty(party_id: Uuid) -> PartyMore {
        PartyMore {
            party_id,
            occupation: String::new(),
            guardian_relation: String::new(),
            guardian_told_on: None,
            guardian_told_how: String::new(),
            guardian_exempt: false,
            exempt_reason: String::new(),
            power: None,
            power_scope: String::new(),
            interpreter: String::new(),
            language: String::new(),
        }
    }
}

record! {
    /// 签署过程的录音录像
    #[derive(Clone, Debug)]
    pub struct Recording {
        pub id: Uuid,
        pub device: String,
        pub file_no: String,
        pub began_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        pub kept_at: String,
    }
}

record! {
    /// 电子签名
    #[derive(Clone, Debug)]
    pub struct Signature {
        pub id: Uuid,
        pub paper: Paper,
        pub record_id: Uuid,
        /// The party itself, or the party for whom a guardian, an agent or an interpreter signs.
        pub party_id: Uuid,
        pub signer: Signer,
        pub recording_id: Uuid,
        /// Digest of the paper's content that was signed; another content is not signed by it.
        pub content: String,
        pub sealed: Vec<u8>,
        pub signed_at: Timestamp,
    }
}

record! {
    /// 打印
    #[derive(Clone, Debug)]
    pub struct Print {
        pub paper: Paper,
        pub record_id: Uuid,
        pub edition: i64,
        pub template_hash: String,
        pub data_hash: String,
        pub pdf_hash: String,
        pub pages: i64,
        pub by_user: UserId,
        pub at: Timestamp,
    }
}

record! {
    /// A party's code for the page without an account; the code itself is kept by the party alone.
    #[derive(Clone, Debug)]
    pub struct Pass {
        pub station_id: StationId,
        pub id: Uuid,
        pub dispute_id: DisputeId,
        pub party_id: Uuid,
        pub made_at: Timestamp,
        pub revoked_at: Option<Timestamp>,
    }
}

record! {
    /// 履行提醒
    #[derive(Clone, Debug)]
    pub struct Reminder {
        pub obligation_id: ObligationId,
        pub planned_at: Timestamp,
        pub told_at: Option<Timestamp>,
        pub how: String,
        pub note: String,
    }
}

record! {
    /// 履行提醒 of one side
    #[derive(Clone, Debug)]
    pub struct Telling {
        pub obligation_id: ObligationId,
        pub party_id: Uuid,
        pub told_at: Timestamp,
        pub how: String,
        pub note: String,
    }
}

/// What a volume is filed with.
#[derive(Clone, Debug)]
pub struct NewVolume {
    pub title: String,
    pub mediator: String,
    pub from_day: Date,
    pub until_day: Date,
    pub filed_by: String,
    pub filed_on: Date,
    pub retention: String,
    pub note: String,
}

/// A recording to register.
#[derive(Clone, Debug)]
pub struct NewRecording {
    pub device: String,
    pub file_no: String,
    pub began_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub kept_at: String,
}

/// A signature as drawn or uploaded.
#[derive(Clone, Debug)]
pub struct NewSignature {
    pub paper: Paper,
    pub record: Uuid,
    pub party: Uuid,
    pub signer: Signer,
    pub recording: Option<Uuid>,
    /// The picture as it came.
    pub picture: Vec<u8>,
}
