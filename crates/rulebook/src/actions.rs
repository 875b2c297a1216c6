//! What the security administrator does: confirm a value, import a pack.

use crate::store;
use kernel::rules::RuleSet;
use kernel::{Act, App, FieldErrors, Permission, Reader, Refusal, Result, Tx, Uuid};

/// Confirms that a value was checked against its source; it is no longer shown as 待核实.
pub async fn confirm(app: &App, act: &Act, key: &str, note: &str) -> Result<()> {
    act.actor.must(Permission::RuleAdmin)?;
    if note.trim().is_empty() {
        return Err(FieldErrors::one("note", "请写明对照的文件名称和条款。"));
    }
    app.rules().rule(key, kernel::clock::day_of(act.at))?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::confirm(tx, key, note).await?;
            tx.record("rulebook.confirm", &[("rule", Uuid::nil())], &format!("{key}\n{note}"));
            Ok(())
        })
        .await?;
    crate::load(app).await
}

/// Imports a pack; it is refused whole when anything in it does not hold together.
pub async fn import(app: &App, act: &Act, name: &str, text: &str) -> Result<()> {
    act.actor.must(Permission::RuleAdmin)?;
    if text.len() > 2_000_000 {
        return Err(FieldErrors::one("pack", "规则包最大 2 MB。"));
    }
    RuleSet::check_fields(name, text)?;
    let look = app.look(&act.actor, "rulebook.load", act.purpose);
    let mut packs = app.db().read(&look, async |r: &mut Reader| store::packs(r).await).await?;
    packs.retain(|(n, _)| n != name);
    let with = crate::with_stored(&[(name.to_string(), text.to_string())], &packs)?;
    if let Some(out) = with.left_out().iter().find(|o| !app.rules().left_out().contains(o)) {
        let what = format!("与已经导入的规则包“{}”合不到一起：{}：{}", out.pack, out.part, out.why);
        return Err(Refusal::new("rule_pack.overlap", what, "请改正日期，或者先用同名文件更新那一个规则包。").into());
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::put_pack(tx, name, text).await?;
            tx.record("rulebook.import", &[("rule", Uuid::nil())], text);
            Ok(())
        })
        .await?;
    crate::load(app).await
}
