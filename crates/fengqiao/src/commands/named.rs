//! In whose name a command runs, and the entry in the audit chain that says so.

use crate::open::Place;
use anyhow::{Context, bail};
use kernel::{Actor, App, Purpose, Tx};

/// The operator at the machine, by the account of the operating system: asked of the system, since the environment can
/// say anything. Only root's word is taken for who called `sudo`.
pub fn local() -> Actor {
    let user = whoami::username().unwrap_or_else(|_| "unknown".into());
    match std::env::var("SUDO_USER") {
        Ok(caller) if user == "root" && !caller.is_empty() => Actor::local(&format!("root（{caller}）")),
        _ => Actor::local(&user),
    }
}

/// The person on whose behalf a command runs: the account of `--as`, or the operator at the machine.
pub async fn acting(app: &App, place: &Place) -> anyhow::Result<Actor> {
    let Some(account) = place.account.as_deref() else { return Ok(local()) };
    let look = app.look(&local(), "identity.acting", Purpose::Administration);
    let today = app.today();
    let (user, mut actor) = app
        .db()
        .read(&look, async |r: &mut kernel::Reader| {
            let Some(user) = identity::store::by_account(r, account).await? else { return Ok(None) };
            let actor = identity::actor_of(r, &user, today).await?;
            Ok(Some((user, actor)))
        })
        .await?
        .with_context(|| format!("没有账号 {account}。请核对“账号”页上的写法；去掉 --as 则以本机操作员的名义运行。"))?;
    if user.is_disabled() {
        bail!("账号 {account} 已停用，不能以它的名义运行。请换一个账号，或请系统管理员处理。");
    }
    if user.locked_until.is_some_and(|t| t > app.now()) {
        bail!("账号 {account} 因多次输错密码暂时锁定。请稍后再试，或请系统管理员用“重置密码”解锁。");
    }
    actor.os_user = local().os_user;
    Ok(actor)
}

/// Writes that `actor` did this, by account and user of the operating system. `change` is digested.
pub async fn told(app: &App, actor: &Actor, action: &'static str, purpose: Purpose, change: &str) -> anyhow::Result<()> {
    let act = app.act(actor, action, purpose, app.fresh_command());
    app.db()
        .write(&act, async |tx: &mut Tx| {
            tx.record(act.action, &[], change);
            Ok(())
        })
        .await?;
    Ok(())
}
