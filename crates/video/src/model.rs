//! The nouns: network, group, camera, stream, right, hold, watch, look, file, alarm, export.

mod copy;
mod export;
mod visitor;

pub use copy::*;
pub use export::*;
pub use visitor::*;

use kernel::{BuildingId, Date, IncidentId, StationId, Timestamp, UserId, Uuid, record, text_enum};

text_enum! {
    /// 码流
    pub enum StreamKind {
        Main = "main" / "主码流",
        Sub = "sub" / "子码流",
    }
}

text_enum! {
    /// 设备类型 (备案事项：图像采集设备数量及类型)
    pub enum DeviceKind {
        Dome = "dome" / "球机",
        Bullet = "bullet" / "枪机",
        Half = "half" / "半球",
        Panorama = "panorama" / "全景",
        Other = "other" / "其他",
    }
}

text_enum! {
    /// 调阅目的; asked once per watch.
    pub enum WatchPurpose {
        Patrol = "patrol" / "视频巡查",
        Incident = "incident" / "接处警",
        Case = "case" / "办案查证",
        Search = "search" / "寻人寻物",
        /// 条例 §21: the person, close relatives, those who guard or care for somebody.
        Visitor = "visitor" / "群众申请查阅",
        Maintenance = "maintenance" / "设备检查",
    }
}

text_enum! {
    /// 调阅方式
    pub enum LookKind {
        Live = "live" / "实时",
        Replay = "replay" / "回放",
        Snapshot = "snapshot" / "截图",
        Export = "export" / "导出",
    }
}

text_enum! {
    /// 视频故障. Of a camera's kinds the first is the worst.
    pub enum AlarmKind {
        Offline = "offline" / "离线",
        SignIn = "sign_in" / "登录名或者密码不对",
        Setup = "setup" / "接入设置不对",
        Flood = "flood" / "发得太多太快",
        Garbled = "garbled" / "发来的内容读不懂",
        NoFrames = "no_frames" / "没有画面",
        StalledClock = "stalled_clock" / "画面时钟停走",
        NoKey = "no_key" / "画面不能解码",
        Frozen = "frozen" / "疑似画面静止",
        NotRecorded = "not_recorded" / "没有录上",
        Lossy = "lossy" / "丢包严重",
        Unstable = "unstable" / "时断时续",
        ClockSkew = "clock_skew" / "设备时钟不准",
        ClockJump = "clock_jump" / "设备时钟跳变",
        Changed = "changed" / "画面参数变了",
        Unreadable = "unreadable" / "有录像文件读不了",
        Torn = "torn" / "没写完的录像已修好",
        RingInUse = "ring_in_use" / "录像目录被另一个进程占用",
        RingMissing = "ring_missing" / "录像盘没有打开",
        DiskFull = "disk_full" / "录像盘已满",
        DiskFailing = "disk_failing" / "录像盘故障",
        MachineClock = "machine_clock" / "本机时钟改动",
    }
}

record! {
    /// 允许的网段
    #[derive(Clone, Debug)]
    pub struct Network {
        pub station_id: StationId,
        pub id: Uuid,
        pub network: String,
        pub note: String,
        pub at: Timestamp,
        pub by_user: UserId,
    }
}

record! {
    /// 分组, a tree.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Group {
        pub id: Uuid,
        pub parent_id: Option<Uuid>,
        pub name: String,
        pub position: i64,
    }
}

record! {
    /// 摄像机. The sign-in is sealed; nothing prints it.
    #[derive(Clone)]
    pub struct Camera {
        pub station_id: StationId,
        pub id: Uuid,
        /// 编号, unique in the station.
        pub number: String,
        pub name: String,
        pub place: String,
        /// Code of list `video.place_kind`.
        pub place_kind: String,
        pub building_id: Option<BuildingId>,
        /// WGS-84 degrees.
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        /// 朝向, degrees from north, clockwise.
        pub direction: Option<i64>,
        /// 视场角, degrees.
        pub view_angle: Option<i64>,
        /// 可视距离, metres.
        pub reach_m: Option<i64>,
        pub group_id: Option<Uuid>,
        /// Only the roles named in [`Right`] may use it.
        pub restricted: bool,
        /// 存储期限, days.
        pub keep_days: i64,
        pub filing_unit: String,
        pub filing_number: String,
        pub filing_day: Option<Date>,
        pub in_use_day: Option<Date>,
        pub device_kind: DeviceKind,
        pub sign_in_name: Option<Vec<u8>>,
        pub sign_in_password: Option<Vec<u8>>,
        pub created_at: Timestamp,
        pub ended_at: Option<Timestamp>,
        pub end_reason: String,
        /// When it was filed that the camera is no longer there.
        pub end_filed_day: Option<Date>,
        pub version: i64,
    }
}

impl std::fmt::Debug for Camera {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Camera").field("id", &self.id).field("number", &self.number).finish_non_exhaustive()
    }
}

record! {
    /// 码流
    #[derive(Clone, Debug, PartialEq)]
    pub struct Stream {
        pub station_id: StationId,
        pub id: Uuid,
        pub camera_id: Uuid,
        pub kind: StreamKind,
        /// `rtsp://…` without name and password.
        pub url: String,
        pub record: bool,
        /// Megabytes kept at most (2^20 bytes).
        pub quota_mb: i64,
        /// What its pictures are as usual, `H.264 640×360`; empty before it is known.
        pub picture: String,
    }
}

record! {
    /// What a role may do with a restricted camera.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Right {
        pub camera_id: Uuid,
        pub role: kernel::Role,
        pub live: bool,
        pub replay: bool,
        pub export: bool,
    }
}

record! {
    /// 录像保全
    #[derive(Clone, Debug)]
    pub struct Hold {
        pub station_id: StationId,
        pub id: Uuid,
        pub camera_id: Uuid,
        pub from_ms: i64,
        pub to_ms: i64,
        pub reason: String,
        pub incident_id: Option<IncidentId>,
        pub at: Timestamp,
        pub by_user: UserId,
        pub released_at: Option<Timestamp>,
        pub released_by: Option<UserId>,
        pub release_reason: String,
    }
}

record! {
    /// 一次调阅
    #[derive(Clone, Debug)]
    pub struct Watch {
        pub station_id: StationId,
        pub id: Uuid,
        pub user_id: UserId,
        pub purpose: WatchPurpose,
        pub reason: String,
        pub incident_id: Option<IncidentId>,
        pub incident_number: String,
        pub at: Timestamp,
        pub ended_at: Option<Timestamp>,
    }
}

record! {
    /// 视频调阅登记, one camera within one watch.
    #[derive(Clone, Debug)]
    pub struct Look {
        pub id: Uuid,
        pub watch_id: Uuid,
        pub camera_id: Uuid,
        /// `main`, `sub`.
        pub stream: String,
        pub user_id: UserId,
        pub user_name: String,
        pub unit: String,
        pub role: kernel::Role,
        pub kind: LookKind,
        pub purpose: WatchPurpose,
        pub reason: String,
        pub incident_id: Option<IncidentId>,
        pub incident_number: String,
        /// When it was looked at.
        pub began_at: Timestamp,
        pub until_at: Timestamp,
        /// Which minutes of footage, milliseconds since 1970.
        pub from_ms: i64,
        pub to_ms: i64,
        pub exported: bool,
    }
}

record! {
    /// An open or past fault of a camera or the disk.
    #[derive(Clone, Debug)]
    pub struct Alarm {
        pub station_id: StationId,
        pub id: Uuid,
        pub camera_id: Option<Uuid>,
        pub kind: AlarmKind,
        pub detail: String,
        pub began_at: Timestamp,
        pub ended_at: Option<Timestamp>,
    }
}

/// A camera with its streams.
#[derive(Clone, Debug)]
pub struct Whole {
    pub camera: Camera,
    pub streams: Vec<Stream>,
}

impl Whole {
    /// Its stream of a kind, if it has one.
    pub fn stream(&self, kind: StreamKind) -> Option<&Stream> {
        self.streams.iter().find(|s| s.kind == kind)
    }
    /// What a wall shows: the sub stream, or the main one of a camera that has no other.
    pub fn small(&self) -> Option<&Stream> {
        self.stream(StreamKind::Sub).or(self.stream(StreamKind::Main))
    }
}

/// What the form or a row of a file says about a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamForm {
    pub url: String,
    pub record: bool,
    pub quota_mb: i64,
}

/// What the form or a row of a file says about a camera.
#[derive(Clone, Default)]
pub struct CameraForm {
    pub number: String,
    pub name: String,
    pub place: String,
    pub place_kind: String,
    /// The place's name sounds like one of the forbidden ones, and the person says that the camera stands outside of it.
    pub outside: bool,
    pub building_id: Option<BuildingId>,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub direction: Option<i64>,
    pub view_angle: Option<i64>,
    pub reach_m: Option<i64>,
    pub group_id: Option<Uuid>,
    pub keep_days: i64,
    pub filing_unit: String,
    pub filing_number: String,
    pub filing_day: Option<Date>,
    pub in_use_day: Option<Date>,
    pub device_kind: Option<DeviceKind>,
    pub sign_in_name: String,
    /// Empty: what is kept stays (where a name stands).
    pub sign_in_password: String,
    pub main: StreamForm,
    /// An empty address is no sub stream.
    pub sub: StreamForm,
}

impl std::fmt::Debug for CameraForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CameraForm").field("number", &self.number).field("name", &self.name).finish_non_exhaustive()
    }
}

/// The same as the text that is digested into the chain; no sign-in in it.
impl CameraForm {
    pub fn told(&self) -> String {
        format!(
            "{}|{}|{}|{}|{}|{:?}|{:?}|{:?}|{:?}|{:?}|{:?}|{}|{}|{}|{:?}|{:?}|{}|{:?}|{:?}",
            self.number,
            self.name,
            self.place,
            self.place_kind,
            self.outside,
            self.lon,
            self.lat,
            self.direction,
            self.view_angle,
            self.reach_m,
            self.group_id,
            self.keep_days,
            self.filing_unit,
            self.filing_number,
            self.filing_day,
            self.in_use_day,
            !self.sign_in_name.is_empty(),
            self.main,
            self.sub,
        )
    }
}

/// A deed with a camera's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Live,
    Replay,
    Export,
}
