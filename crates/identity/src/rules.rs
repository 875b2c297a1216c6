//! Decisions, pure: lock-out, session life, role separation, account names.

use kernel::rules::RuleSet;
use kernel::{Date, Refusal, Result, Role, Timestamp};

/// Limits from the rule pack (usual assessor numbers of 等级保护; shown as 待核实 until confirmed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub failures: i64,
    pub lock_minutes: i64,
    pub idle_minutes: i64,
    pub absolute_hours: i64,
    pub password_length: i64,
    pub password_classes: i64,
    /// Days after which a password must be changed.
    pub password_days: i64,
    /// From how many of the last passwords a new one must differ.
    pub password_history: i64,
}

impl Limits {
    pub fn of(rules: &RuleSet, today: Date) -> Result<Limits> {
        Ok(Limits {
            failures: rules.int("security.lockout.failures", today)?,
            lock_minutes: rules.int("security.lockout.minutes", today)?,
            idle_minutes: rules.int("security.session.idle_minutes", today)?,
            absolute_hours: rules.int("security.session.absolute_hours", today)?,
            password_length: rules.int("security.password.min_length", today)?,
            password_classes: rules.int("security.password.classes_min", today)?,
            password_days: rules.int("security.password.max_age_days", today)?,
            password_history: rules.int("security.password.history", today)?.clamp(0, 24),
        })
    }
}

/// What a wrong password leads to: the new count of failures and until when the account is locked.
pub fn after_failure(limits: &Limits, failures: i64, now: Timestamp) -> (i64, Option<Timestamp>) {
    let n = failures + 1;
    if n >= limits.failures { (0, Some(later(now, limits.lock_minutes * 60))) } else { (n, None) }
}

/// Whether a session is still good.
pub fn is_alive(limits: &Limits, created: Timestamp, seen: Timestamp, now: Timestamp) -> bool {
    now.as_second() - seen.as_second() < limits.idle_minutes * 60
        && now.as_second() - created.as_second() < limits.absolute_hours * 3_600
}

pub(crate) fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(std::time::Duration::from_secs(seconds.max(0) as u64)).unwrap_or(Timestamp::MAX)
}

/// Only who works beats can be narrowed to them: command room, window and leaders serve the whole station.
pub fn may_narrow(role: Role) -> Result<(), Refusal> {
    if matches!(role, Role::Officer | Role::Auxiliary) {
        return Ok(());
    }
    Err(Refusal::new(
        "identity.narrow",
        format!("“{}”的工作面向全所，不能限于警务区。", role.label()),
        "只有民警和警务辅助人员的账号可以限于所辖警务区；网格员本来只看自己的网格。",
    ))
}

/// An administrator belongs to no station and keeps that one role; others belong to a station
/// (等级保护三级：系统、安全、审计管理员分设，一人不兼两职).
pub fn may_become(old: Option<Role>, new: Role, has_station: bool) -> Result<(), Refusal> {
    if let Some(old) = old
        && old != new
        && (old.is_admin() || new.is_admin())
    {
        return Err(Refusal::new(
            "identity.admin_separation",
            format!("“{}”不能改为“{}”：管理员账号不能与其他岗位互换。", old.label(), new.label()),
            "请停用原账号，另建新账号。",
        ));
    }
    if new.is_admin() == has_station {
        return Err(Refusal::new(
            "identity.admin_station",
            if new.is_admin() { "管理员账号不属于任何派出所。" } else { "这个岗位的账号须属于一个派出所。" },
            "请改正所属单位。",
        ));
    }
    if !Role::ACCOUNTS.contains(&new) {
        return Err(Refusal::new("identity.role", format!("“{}”不能有账号。", new.label()), "请选择其他岗位。"));
    }
    Ok(())
}

/// Whether a password set at `set` is too old.
pub fn is_stale(limits: &Limits, set: Timestamp, now: Timestamp) -> bool {
    now.as_second() - set.as_second() >= limits.password_days * 86_400
}

/// Why an account may only use its own page yet.
pub fn confined(role: Role, must_change: bool, stale: bool, has_totp: bool) -> Option<&'static str> {
    if must_change {
        Some("请先在“我的账号”中修改初始密码，再开始使用。")
    } else if stale {
        Some("密码已超过使用期限，请先在“我的账号”中修改，再继续使用。")
    } else if role.is_admin() && !has_totp {
        Some("管理员须先在“我的账号”中启用动态验证码，再办理业务。")
    } else {
        None
    }
}

/// Who takes away the second factor of somebody who has lost it: the security administrator, never one's own; that of
/// the security administrator the system administrator (GB/T 22239-2019 三员分立，相互制约). The system administrator, who
/// also resets passwords, could otherwise become anybody alone.
pub fn may_reset_factor(by: Role, own: bool, of: Role) -> Result<(), Refusal> {
    let good = !own && (by == Role::SecurityAdmin || (by == Role::SystemAdmin && of == Role::SecurityAdmin));
    if good {
        return Ok(());
    }
    Err(Refusal::new(
        "identity.reset_factor",
        "您不能重置这个账号的动态验证码。",
        "请安全管理员办理；安全管理员本人的由系统管理员办理。",
    ))
}

/// Account names: 3 to 40 of letters, digits, dot, dash, underscore.
pub fn account_error(account: &str) -> Option<&'static str> {
    let n = account.chars().count();
    let good = account.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    (!(3..=40).contains(&n) || !good).then_some("账号为 3 到 40 位字母、数字、点、短横线或下划线。")
}

/// Where to go after signing in: only a path of this site.
pub fn safe_next(next: &str) -> &str {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.contains(['\r', '\n']);
    if local && !next.starts_with("/login") { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const L: Limits = Limits { failures: 5, lock_minutes: 15, idle_minutes: 15, absolute_hours: 12, password_length: 10, password_classes: 3, password_days: 90, password_history: 5 };

    fn t(s: &str) -> Timestamp {
        s.parse().unwrap()
    }

    #[test]
    fn the_fifth_failure_locks_for_a_quarter_of_an_hour() {
        let now = t("2026-05-08T01:00:00Z");
        assert_eq!(after_failure(&L, 3, now), (4, None));
        assert_eq!(after_failure(&L, 4, now), (0, Some(t("2026-05-08T01:15:00Z"))));
    }

    #[test]
    fn a_session_ends_when_idle_and_after_its_longest_life() {
        let start = t("2026-05-08T01:00:00Z");
        assert!(is_alive(&L, start, t("2026-05-08T01:10:00Z"), t("2026-05-08T01:24:59Z")));
        assert!(!is_alive(&L, start, t("2026-05-08T01:10:00Z"), t("2026-05-08T01:25:00Z")));
        assert!(!is_alive(&L, start, t("2026-05-08T12:59:00Z"), t("2026-05-08T13:00:00Z")));
    }

    #[test]
    fn administrators_stay_apart() {
        assert_eq!(may_become(Some(Role::Officer), Role::AuditAdmin, false).unwrap_err().key, "identity.admin_separation");
        assert!(may_become(Some(Role::SystemAdmin), Role::SecurityAdmin, false).is_err());
        assert!(may_become(None, Role::SystemAdmin, true).is_err());
        assert!(may_become(None, Role::Officer, false).is_err());
        assert!(may_become(Some(Role::Officer), Role::DutyLeader, true).is_ok());
        assert!(may_become(None, Role::Resident, true).is_err());
    }

    #[test]
    fn the_way_back_stays_on_this_site() {
        for bad in ["https://evil.example", "//evil.example", "/\\evil", "", "/login?next=/login"] {
            assert_eq!(safe_next(bad), "/", "{bad}");
        }
        assert_eq!(safe_next("/incidents/desk?tab=new"), "/incidents/desk?tab=new");
    }
}
