//! Who may do what, where, and why: roles, permissions, reach and purpose.
//!
//! The table of roles × permissions stands here in one place and is compared with a golden file.
//! Sources: auxiliaries act only under an officer's command (河南条例 §15–17, 杭州规定 §3,5,7,17);
//! grid workers have no powers and see a shared minimal view (滨州条例 §3,6,10–14); volunteers see
//! tasks only; system, security and audit administrators are three persons (等保三级三权分立).

use crate::{BeatId, CommandId, GridId, SessionId, StationId, Timestamp, UserId, Uuid, text_enum};

text_enum! {
    /// 角色
    pub enum Role {
        /// 所长、教导员
        StationLeader = "station_leader" / "所领导",
        DutyLeader = "duty_leader" / "带班领导",
        Operator = "operator" / "指挥室值班员",
        Officer = "officer" / "民警",
        Auxiliary = "auxiliary" / "辅警",
        GridWorker = "grid_worker" / "网格员",
        Volunteer = "volunteer" / "平安义警",
        WindowClerk = "window_clerk" / "窗口人员",
        SystemAdmin = "system_admin" / "系统管理员",
        SecurityAdmin = "security_admin" / "安全管理员",
        AuditAdmin = "audit_admin" / "审计管理员",
        /// Somebody without an account: a resident on a public page, or by receipt.
        Resident = "resident" / "群众",
        /// The person at the machine's own command line; the entry names the OS user.
        LocalOperator = "local_operator" / "本机操作员",
        /// Clocked work of the program itself.
        System = "system" / "系统",
    }
}

text_enum! {
    /// 权限
    pub enum Permission {
        TaskSee = "task.see" / "查看待办",
        IncidentDesk = "incident.desk" / "接警台",
        IncidentTake = "incident.take" / "登记警情",
        IncidentDispatch = "incident.dispatch" / "派警",
        IncidentSee = "incident.see" / "查看警情",
        IncidentRespond = "incident.respond" / "签收与反馈",
        IncidentReview = "incident.review" / "审核结案",
        DisputeSee = "dispute.see" / "查看纠纷",
        DisputeOpen = "dispute.open" / "登记纠纷",
        DisputeMediate = "dispute.mediate" / "主持调解",
        DisputeAssist = "dispute.assist" / "协助调解与回访",
        DisputeReview = "dispute.review" / "审核纠纷",
        PeopleSee = "people.see" / "查看人员",
        PeopleReveal = "people.reveal" / "查看证件与电话",
        PeopleEdit = "people.edit" / "登记人员",
        PlacesSee = "places.see" / "查看地址",
        PlacesEdit = "places.edit" / "维护地址",
        FiguresSee = "figures.see" / "查看统计",
        BulletinWrite = "bulletin.write" / "编写通报",
        BulletinReview = "bulletin.review" / "审核通报",
        BulletinPublish = "bulletin.publish" / "发布通报",
        SurveySee = "survey.see" / "查看问卷和结果",
        SurveyEdit = "survey.edit" / "编制问卷",
        RosterSee = "roster.see" / "查看值班表",
        RosterPlan = "roster.plan" / "编排值班表",
        RosterPublish = "roster.publish" / "发布值班表",
        WindowSee = "window.see" / "查看服务窗口",
        WindowServe = "window.serve" / "窗口办理",
        WindowManage = "window.manage" / "管理服务窗口",
        VideoSee = "video.see" / "查看实时视频",
        VideoReplay = "video.replay" / "回放录像",
        VideoExport = "video.export" / "导出录像",
        VideoApprove = "video.approve" / "审批录像调取与保全",
        VideoLog = "video.log" / "查看视频调阅登记",
        VideoAdmin = "video.admin" / "维护摄像机",
        SearchUse = "search.use" / "全文检索",
        DataImport = "data.import" / "导入数据",
        DataExport = "data.export" / "导出数据",
        HandoverSign = "handover.sign" / "交接班",
        AuditRead = "audit.read" / "查看审计",
        AuditVerify = "audit.verify" / "验证审计链",
        DisclosureDelay = "disclosure.delay" / "暂缓公开查询记录",
        UserAdmin = "user.admin" / "账号管理",
        GrantAdmin = "grant.admin" / "授权管理",
        RuleSee = "rule.see" / "查看规则包",
        RuleAdmin = "rule.admin" / "确认规则",
        RetentionRun = "retention.run" / "到期清理",
        SystemSee = "system.see" / "系统状态",
        SystemRun = "system.run" / "系统维护（备份、换密钥）",
    }
}

impl Role {
    /// The roles a person can be given an account for.
    pub const ACCOUNTS: &'static [Role] = &[
        Role::StationLeader,
        Role::DutyLeader,
        Role::Operator,
        Role::Officer,
        Role::Auxiliary,
        Role::GridWorker,
        Role::Volunteer,
        Role::WindowClerk,
        Role::SystemAdmin,
        Role::SecurityAdmin,
        Role::AuditAdmin,
    ];

    /// One of the three administrators; they must sign in with a second factor.
    pub fn is_admin(self) -> bool {
        matches!(self, Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin)
    }

    /// A sworn officer, who alone may decide, mediate and lead auxiliaries.
    pub fn is_sworn(self) -> bool {
        matches!(self, Role::StationLeader | Role::DutyLeader | Role::Officer)
    }

    /// Whether this role holds `permission` (before reach is looked at).
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// All permissions of the role.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::*;
        match self {
            Role::StationLeader => &[
                TaskSee, IncidentDesk, IncidentTake, IncidentDispatch, IncidentSee, IncidentRespond, IncidentReview,
                DisputeSee, DisputeOpen, DisputeMediate, DisputeAssist, DisputeReview, PeopleSee, PeopleReveal,
                PlacesSee, FiguresSee, BulletinWrite, BulletinReview, BulletinPublish, SearchUse, DataExport, HandoverSign,
                DisclosureDelay, RuleSee, RosterSee, RosterPlan, RosterPublish, VideoSee, VideoReplay, VideoExport,
                VideoApprove, VideoLog, WindowSee, WindowServe, WindowManage, SurveySee, SurveyEdit,
            ],
            Role::DutyLeader => &[
                TaskSee, IncidentDesk, IncidentTake, IncidentDispatch, IncidentSee, IncidentRespond, IncidentReview,
                DisputeSee, DisputeOpen, DisputeMediate, DisputeAssist, DisputeReview, PeopleSee, PeopleReveal,
                PlacesSee, FiguresSee, BulletinWrite, BulletinReview, BulletinPublish, SearchUse, DataExport, HandoverSign,
                DisclosureDelay, RuleSee, RosterSee, RosterPlan, VideoSee, VideoReplay, VideoExport, VideoApprove, VideoLog,
                WindowSee, WindowServe, WindowManage, SurveySee, SurveyEdit,
            ],
            Role::Operator => &[
                TaskSee, IncidentDesk, IncidentTake, IncidentDispatch, IncidentSee, DisputeSee, DisputeAssist,
                PeopleSee, PlacesSee, FiguresSee, BulletinWrite, SearchUse, HandoverSign, RuleSee, RosterSee, VideoSee,
                VideoReplay, WindowSee,
            ],
            Role::Officer => &[
                TaskSee, IncidentTake, IncidentSee, IncidentRespond, DisputeSee, DisputeOpen, DisputeMediate,
                DisputeAssist, PeopleSee, PeopleReveal, PeopleEdit, PlacesSee, PlacesEdit, FiguresSee, BulletinWrite,
                SearchUse, DataImport, DataExport, HandoverSign, DisclosureDelay, RuleSee, RosterSee, VideoSee, VideoReplay,
                VideoExport, WindowSee, WindowServe, SurveySee, SurveyEdit,
            ],
            Role::Auxiliary => &[
                TaskSee, IncidentTake, IncidentSee, IncidentRespond, DisputeSee, DisputeAssist, PeopleSee, PlacesSee,
                SearchUse, RuleSee, RosterSee, VideoSee, WindowSee,
            ],
            Role::GridWorker => &[TaskSee, IncidentTake, IncidentRespond, DisputeAssist],
            Role::Volunteer => &[TaskSee],
            Role::WindowClerk => &[
                TaskSee, IncidentTake, PeopleSee, PeopleReveal, PeopleEdit, PlacesSee, SearchUse, RuleSee, RosterSee, WindowSee,
                WindowServe,
            ],
            Role::SystemAdmin => &[TaskSee, UserAdmin, PlacesSee, PlacesEdit, RuleSee, SystemSee, SystemRun, DataImport, VideoAdmin],
            Role::SecurityAdmin => &[TaskSee, GrantAdmin, RuleSee, RuleAdmin, RetentionRun, SystemSee],
            Role::AuditAdmin => &[TaskSee, AuditRead, AuditVerify, RuleSee, SystemSee, VideoLog],
            Role::Resident => &[],
            Role::LocalOperator => &[DataImport, DataExport, FiguresSee, AuditVerify, RetentionRun, SystemSee, SystemRun, PlacesEdit, PeopleEdit, UserAdmin, VideoAdmin],
            Role::System => &[RetentionRun],
        }
    }
}

text_enum! {
    /// 查询、使用个人信息的目的（个人信息保护法 §6、§34：为履行法定职责，限于必要的范围）
    pub enum Purpose {
        Incident = "incident" / "接处警",
        Mediation = "mediation" / "纠纷调解",
        FollowUp = "follow_up" / "回访",
        HomeVisit = "home_visit" / "入户走访",
        Verify = "verify" / "核实身份",
        Complaint = "complaint" / "投诉核查",
        Window = "window" / "窗口办理",
        Handover = "handover" / "交接班",
        Statistics = "statistics" / "统计研判",
        Audit = "audit" / "审计",
        Administration = "administration" / "系统管理",
        Exchange = "exchange" / "数据交换",
        Retention = "retention" / "到期清理",
        OwnMatter = "own_matter" / "本人事项",
        /// 公共安全视频图像信息系统管理条例 §16, §20
        Video = "video" / "视频调阅",
        SignIn = "sign_in" / "登录",
    }
}

/// How far a role's sight goes inside its permissions; queries filter by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everything of one station.
    Station(StationId),
    /// Records of these beats of the station (accounts narrowed to their own beats), or that were given to the user.
    Beats(StationId, Vec<BeatId>),
    /// Records of these grids of the station (grid workers), or that were given to the user.
    Grids(StationId, Vec<GridId>),
    /// Only what was given to the user by name (volunteers).
    Own(StationId),
    /// All stations of this installation (administrators, the machine's own operator).
    All,
}

impl Reach {
    /// Whether a record about a place or a person of `station` lies inside; the grid and the beat where known.
    pub fn covers(&self, station: StationId, grid: Option<GridId>, beat: Option<BeatId>) -> bool {
        match self {
            Reach::All => true,
            Reach::Station(s) => *s == station,
            Reach::Beats(s, beats) => *s == station && beat.is_some_and(|b| beats.contains(&b)),
            Reach::Grids(s, grids) => *s == station && grid.is_some_and(|g| grids.contains(&g)),
            Reach::Own(_) => false,
        }
    }

    /// Whether what the station has as a whole lies inside: its own page, cameras, bulletins, figures.
    pub fn houses(&self, station: StationId) -> bool {
        match self {
            Reach::All => true,
            Reach::Station(s) | Reach::Beats(s, _) => *s == station,
            Reach::Grids(..) | Reach::Own(_) => false,
        }
    }
}

/// The person (or the program) that acts, as known from the session at this moment.
#[derive(Clone, Debug)]
pub struct Actor {
    pub user: UserId,
    pub session: Option<SessionId>,
    pub role: Role,
    /// The station of the account; nil for administrators of the whole installation.
    pub station: StationId,
    /// The unit's name as residents may read it ("正阳派出所").
    pub unit: String,
    /// The person's name, for pages and papers.
    pub name: String,
    pub beats: Vec<BeatId>,
    pub grids: Vec<GridId>,
    /// 限本警务区: sees records of the own beats only, and what was given to it by name.
    pub own_beats: bool,
    /// For the command line: the OS user, written into the entry.
    pub os_user: Option<String>,
    /// Why nothing but the own account may be used yet (first password, missing second factor).
    pub confined: Option<&'static str>,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Actor {
        Actor::bare(Role::System, StationId::NIL, "系统")
    }

    /// A resident on a public page of `station`.
    pub fn resident(station: StationId) -> Actor {
        Actor::bare(Role::Resident, station, "群众")
    }

    /// The person at the machine, by OS user name; sees all stations.
    pub fn local(os_user: &str) -> Actor {
        let mut actor = Actor::bare(Role::LocalOperator, StationId::NIL, "本机操作员");
        actor.os_user = Some(os_user.to_string());
        actor
    }

    fn bare(role: Role, station: StationId, name: &str) -> Actor {
        Actor {
            user: UserId::NIL,
            session: None,
            role,
            station,
            unit: String::new(),
            name: name.into(),
            beats: vec![],
            grids: vec![],
            own_beats: false,
            os_user: None,
            confined: None,
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.confined.is_none() && self.role.may(permission)
    }

    /// [`Error::Forbidden`](crate::Error::Forbidden) naming the missing right, unless the role holds it.
    pub fn must(&self, permission: Permission) -> crate::Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        if let Some(why) = self.confined {
            return Err(crate::Error::Forbidden(why.to_string()));
        }
        Err(crate::Error::Forbidden(format!(
            "“{}”没有“{}”的权限。需要时请由安全管理员调整授权。",
            self.role.label(),
            permission.label()
        )))
    }

    /// How far this actor sees.
    pub fn reach(&self) -> Reach {
        match self.role {
            Role::GridWorker => Reach::Grids(self.station, self.grids.clone()),
            Role::Volunteer | Role::Resident => Reach::Own(self.station),
            Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin | Role::LocalOperator | Role::System
                if self.station.is_nil() =>
            {
                Reach::All
            }
            _ if self.own_beats => Reach::Beats(self.station, self.beats.clone()),
            _ => Reach::Station(self.station),
        }
    }

    /// `NotFound` unless `station` as a whole lies within reach (a stranger's does not exist for the caller).
    pub fn must_reach(&self, what: &'static str, station: StationId) -> crate::Result<()> {
        if self.reach().houses(station) { Ok(()) } else { Err(crate::Error::NotFound(what)) }
    }

    /// [`Error::Forbidden`](crate::Error::Forbidden) for an account that is narrowed to its own beats, where `what` is the
    /// whole station's.
    pub fn must_serve_station(&self, what: &str) -> crate::Result<()> {
        if !self.own_beats {
            return Ok(());
        }
        Err(crate::Error::Forbidden(format!(
            "您的账号只看所辖警务区，{what}是全所的。请由所领导或值班人员办理；要扩大范围，请安全管理员在“授权”中更改。"
        )))
    }

    /// What this actor is about to do; see [`Act`].
    pub fn act(&self, action: &'static str, purpose: Purpose, command: CommandId, at: Timestamp) -> Act {
        Act { actor: self.clone(), station: self.station, action, purpose, command, at, about: None }
    }
}

/// One deed: who, in which station's chain, which action, why, by which command, when.
#[derive(Clone, Debug)]
pub struct Act {
    pub actor: Actor,
    /// The chain it is written into: the station whose records are touched.
    pub station: StationId,
    /// `domain.verb`, such as `incidents.dispatch`.
    pub action: &'static str,
    pub purpose: Purpose,
    /// Made by the client (UUIDv7); the same command twice is done once.
    pub command: CommandId,
    pub at: Timestamp,
    /// The record that justifies a look (an incident or a dispute), printed for the resident.
    pub about: Option<(&'static str, Uuid)>,
}

impl Act {
    /// The same deed in another station's chain.
    pub fn in_station(mut self, station: StationId) -> Act {
        self.station = station;
        self
    }
    /// Names the record that justifies it.
    pub fn about(mut self, kind: &'static str, id: impl Into<Uuid>) -> Act {
        self.about = Some((kind, id.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_without_powers_have_none() {
        for role in [Role::Auxiliary, Role::GridWorker, Role::Volunteer, Role::WindowClerk] {
            assert!(!role.may(Permission::DisputeMediate), "{role}");
            assert!(!role.may(Permission::IncidentDispatch), "{role}");
        }
        for role in [Role::GridWorker, Role::Volunteer] {
            assert!(!role.may(Permission::PeopleSee) && !role.may(Permission::SearchUse), "{role}");
        }
    }

    #[test]
    fn the_three_administrators_share_no_power() {
        use Permission::*;
        let admins = [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin];
        for p in [UserAdmin, GrantAdmin, RuleAdmin, AuditRead, AuditVerify] {
            assert_eq!(admins.iter().filter(|r| r.may(p)).count(), 1, "{p}");
        }
        for role in admins {
            assert!(!role.may(PeopleSee) && !role.may(IncidentSee), "{role} must not see personal data");
            assert!(!role.may(VideoSee) && !role.may(VideoReplay) && !role.may(VideoExport), "{role} must not watch");
        }
    }
}
