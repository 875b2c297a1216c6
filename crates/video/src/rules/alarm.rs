//! Disorders in words for the person at the desk: which alarm a state amounts to, its title, what to do next.

use crate::model::AlarmKind;
use media::camera::Trouble;
use media::health::{Remark, State};

/// Packets lost within a minute from which pictures are spoilt again and again.
pub const LOSSY_A_MINUTE: u64 = 100;
/// A stream that came back so often within [`UNSTABLE_S`] comes and goes.
pub const UNSTABLE_TIMES: u64 = 5;
/// Seconds; see [`UNSTABLE_TIMES`].
pub const UNSTABLE_S: i64 = 600;

/// What can be wrong at the same time, each with an alarm of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// How a camera delivers.
    State,
    /// What its pictures are coded with.
    Picture,
    /// Its recordings that lay in the ring at the start.
    Files,
    /// Whether there is a ring.
    Ring,
    /// The ring's disk.
    Disk,
    /// The machine's clock.
    Clock,
}

/// The lane of a kind.
pub fn lane(kind: AlarmKind) -> Lane {
    use AlarmKind as K;
    match kind {
        K::Changed => Lane::Picture,
        K::Unreadable | K::Torn => Lane::Files,
        K::RingInUse | K::RingMissing => Lane::Ring,
        K::DiskFull | K::DiskFailing => Lane::Disk,
        K::MachineClock => Lane::Clock,
        _ => Lane::State,
    }
}

/// What is seen of a stream at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Signs<'a> {
    pub state: State,
    /// Why there is no connection.
    pub trouble: Option<&'a Trouble>,
    pub remarks: &'a [Remark],
    /// Pictures were received a moment ago and not recorded.
    pub losing: bool,
    /// Packets lost within the last minute.
    pub lost_packets: u64,
    /// Times that it came back within [`UNSTABLE_S`].
    pub returns: u64,
    /// Its clock jumped a moment ago.
    pub jumped: bool,
}

/// The alarm that a stream's state amounts to, the worst one.
pub fn alarm(s: &Signs<'_>) -> Option<AlarmKind> {
    use AlarmKind as K;
    match s.state {
        State::Offline => Some(away(s.trouble)),
        State::NoFrames => Some(K::NoFrames),
        State::StalledClock => Some(K::StalledClock),
        State::NoKey => Some(K::NoKey),
        State::SuspectedFrozen => Some(K::Frozen),
        State::Live if s.losing || s.remarks.contains(&Remark::RecordingGap) => Some(K::NotRecorded),
        State::Live if s.lost_packets >= LOSSY_A_MINUTE => Some(K::Lossy),
        State::Live if s.returns >= UNSTABLE_TIMES => Some(K::Unstable),
        State::Live if s.jumped => Some(K::ClockJump),
        State::Live if s.remarks.contains(&Remark::ClockSkew) => Some(K::ClockSkew),
        State::Live => None,
    }
}

/// What the lack of a connection is, by its reason.
fn away(trouble: Option<&Trouble>) -> AlarmKind {
    use Trouble as T;
    match trouble {
        Some(T::WrongPassword) => AlarmKind::SignIn,
        Some(T::BadAddress | T::NotAllowed | T::UnknownName | T::NotFound | T::Refused(_) | T::NoVideo) => AlarmKind::Setup,
        Some(T::Flood) => AlarmKind::Flood,
        Some(T::Broken(_)) => AlarmKind::Garbled,
        Some(T::Silent) => AlarmKind::NoFrames,
        Some(T::Unreachable | T::Ended) | None => AlarmKind::Offline,
    }
}

/// The title of the task. `reason` is said where the kind alone does not tell what to do.
pub fn alarm_title(kind: AlarmKind, camera: &str, reason: &str) -> String {
    use AlarmKind as K;
    match kind {
        K::DiskFull | K::DiskFailing => format!("{}，新画面录不上", kind.label()),
        K::RingInUse | K::RingMissing => format!("{}，没有一台摄像机在看、在录", kind.label()),
        K::MachineClock => reason.to_string(),
        K::Offline | K::Setup | K::Changed | K::Unreadable if !reason.is_empty() => {
            kernel::text::cut(&format!("摄像机“{camera}”{}：{reason}", kind.label()), 80)
        }
        _ => format!("摄像机“{camera}”{}", kind.label()),
    }
}

/// What to do next.
pub fn advice(kind: AlarmKind) -> &'static str {
    use AlarmKind as K;
    match kind {
        K::Offline => "先看设备有没有电，网线和交换机口是否正常；好了以后自动接上，不用再登记。修不好的，请报修。",
        K::SignIn => "多半是设备上的密码改过。请系统管理员在这台摄像机的“修改”里填新的登录名和密码，保存后马上重试；不改的，每分钟只试一次，免得设备锁定。",
        K::Setup => "请系统管理员核对这台摄像机登记的地址和码流，以及“网段和分组”里允许的网段。",
        K::Flood => "发来的远多于正常的摄像机，已经断开，每 20 秒再试一次，别的摄像机不受影响。请重启设备；还是这样的，请维护单位检查它的码率和时钟。",
        K::Garbled => "发来的不是能读懂的视频。请重启设备；还是这样的，请报修。",
        K::NoFrames => "设备连着却不发画面，每隔十来秒自动重连。请重启设备；还是这样的，请报修。",
        K::StalledClock => "画面还在来，设备给画面计时的钟停了；录像改按本机时钟记时。请重启设备。",
        K::NoKey => "设备长时间不发可以起头的画面，看不了也录不好。请重启设备；还是这样的，请维护单位把关键帧间隔调到 2 秒左右。",
        K::Frozen => "这只是怀疑。请打开实时画面看一眼：画面上的时间或者人车不动的，重启设备；只是没有动静的，不用处理。",
        K::NotRecorded => "画面收到了，没有写上录像盘。请看“设备健康”里的录像盘；这几分钟缺的录像补不回来。",
        K::Lossy => "网络在丢包，画面会花、会跳。请查网线、交换机口和带宽。",
        K::Unstable => "十分钟里断开又接上了五次以上，中间的录像是缺的。请查电源、网线和交换机口。",
        K::ClockSkew => "请把设备的时间校准，打开它的自动校时；不然画面上的时间和录像的时间对不上。",
        K::ClockJump => "设备的时间自己跳了。录像按本机时钟记时，不受影响；请检查设备的自动校时。",
        K::Changed => "分辨率或者编码和平时不同。有意改的不用处理，一天以后就算平时的；没有人改过的，请查是谁动了设备。",
        K::Unreadable => "录像盘上有文件坏了，那几分钟放不出来，别的录像不受影响。请系统管理员检查录像盘；要作证据的时段请先核对。",
        K::Torn => "上次程序没有正常结束（断电，或者被强行关掉）。每路最多丢了最后两秒，不用处理。",
        K::RingInUse => "同一个录像目录只能由一个进程用，多半是旧的进程还没有退出。请系统管理员结束它；每 5 秒自动再试，空出来就接着录。",
        K::RingMissing => "请马上通知系统管理员检查录像盘有没有挂上、能不能写；每 5 秒自动再试，盘好了就接着录。",
        K::DiskFull => "盘满了，又没有可以删的（都在保全）。请解除不再需要的保全，或者换大的盘；腾出地方就自动接着录，实时画面不受影响。",
        K::DiskFailing => "写不进录像盘。请马上通知系统管理员检查盘和线；好了自动接着录，实时画面不受影响。",
        K::MachineClock => "请系统管理员核对本机的时间和自动校时。往回调的，那一段时间有前后两份录像，查看和导出时请都看。",
    }
}

/// `本机时钟往回调了 1 小时 0 分`; `by_ms` is none when it was set before the program started.
pub fn clock_set(by_ms: Option<i64>) -> String {
    match by_ms {
        None => "本机时钟改动过".into(),
        Some(ms) => format!("本机时钟往{}了 {}", if ms < 0 { "回调" } else { "前跳" }, length(ms.saturating_abs().saturating_add(500))),
    }
}

/// `不到 1 秒`, `12 秒`, `3 分 20 秒`, `2 小时 5 分`.
pub fn length(ms: i64) -> String {
    let s = ms / 1000;
    match (s / 3600, s / 60 % 60, s % 60) {
        (0, 0, 0) => "不到 1 秒".into(),
        (0, 0, s) => format!("{s} 秒"),
        (0, m, s) => format!("{m} 分 {s} 秒"),
        (h, m, _) => format!("{h} 小时 {m} 分"),
    }
}

/// `H.264` of `avc1.64001f`.
pub fn codec(rfc6381: &str) -> &str {
    match rfc6381.get(..4) {
        Some("avc1" | "avc3") => "H.264",
        Some("hvc1" | "hev1") => "H.265",
        _ => rfc6381,
    }
}

/// `H.264 640×360`.
pub fn picture(t: &media::fmp4::Track) -> String {
    format!("{} {}×{}", codec(&t.codec), t.width, t.height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(state: State) -> Signs<'static> {
        Signs { state, trouble: None, remarks: &[], losing: false, lost_packets: 0, returns: 0, jumped: false }
    }

    #[test]
    fn the_worst_becomes_the_alarm() {
        use AlarmKind as K;
        let live = signs(State::Live);
        let both = [Remark::ClockSkew, Remark::RecordingGap];
        for (s, want) in [
            (Signs { remarks: &[Remark::RecordingGap], losing: true, ..signs(State::Offline) }, Some(K::Offline)),
            (Signs { remarks: &both, ..live }, Some(K::NotRecorded)),
            (Signs { losing: true, ..live }, Some(K::NotRecorded)),
            (Signs { lost_packets: 100, returns: 9, ..live }, Some(K::Lossy)),
            (Signs { lost_packets: 99, returns: 5, jumped: true, ..live }, Some(K::Unstable)),
            (Signs { returns: 4, jumped: true, ..live }, Some(K::ClockJump)),
            (Signs { remarks: &[Remark::FewFrames], ..live }, None),
        ] {
            assert_eq!(alarm(&s), want, "{s:?}");
        }
    }

    #[test]
    fn a_lost_connection_is_called_by_its_reason() {
        use AlarmKind as K;
        for (t, want) in [
            (Trouble::WrongPassword, K::SignIn),
            (Trouble::NotAllowed, K::Setup),
            (Trouble::NotFound, K::Setup),
            (Trouble::Refused(503), K::Setup),
            (Trouble::Flood, K::Flood),
            (Trouble::Broken("x".into()), K::Garbled),
            (Trouble::Silent, K::NoFrames),
            (Trouble::Unreachable, K::Offline),
            (Trouble::Ended, K::Offline),
        ] {
            assert_eq!(alarm(&Signs { trouble: Some(&t), ..signs(State::Offline) }), Some(want), "{t:?}");
        }
        assert_eq!(alarm(&signs(State::Offline)), Some(K::Offline));
    }

    #[test]
    fn every_kind_has_a_title_and_a_next_step() {
        for kind in AlarmKind::ALL {
            let (title, next) = (alarm_title(*kind, "东门", "连不上"), advice(*kind));
            let of_camera = matches!(lane(*kind), Lane::State | Lane::Picture | Lane::Files);
            assert_eq!(title.contains("“东门”"), of_camera, "{title}");
            assert!(next.ends_with('。') && next.chars().count() > 15, "{next}");
        }
        assert_eq!(alarm_title(AlarmKind::Offline, "东门", "连不上"), "摄像机“东门”离线：连不上");
        assert_eq!(alarm_title(AlarmKind::SignIn, "东门", "连不上"), "摄像机“东门”登录名或者密码不对");
        assert_eq!(clock_set(Some(-3_599_900)), "本机时钟往回调了 1 小时 0 分");
        assert_eq!(clock_set(Some(7_000)), "本机时钟往前跳了 7 秒");
    }

    #[test]
    fn lengths_read_like_speech() {
        assert_eq!([length(400), length(12_000), length(200_000), length(7_500_000)], ["不到 1 秒", "12 秒", "3 分 20 秒", "2 小时 5 分"]);
    }
}
