//! The only SQL of the domain.

use kernel::{Reader, Result, Tx, args, sql};

pub async fn packs(r: &mut Reader) -> Result<Vec<(String, String)>> {
    let rows = r.rows(sql!("select name, text from rulebook_pack order by imported_at, name limit 1000"), vec![]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("text")?))).collect()
}

pub async fn confirmed(r: &mut Reader) -> Result<Vec<String>> {
    let rows = r.rows(sql!("select key from rulebook_confirmation limit 5000"), vec![]).await?;
    rows.iter().map(|row| row.get("key")).collect()
}

pub async fn put_pack(tx: &mut Tx, name: &str, text: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into rulebook_pack (name, text, imported_at, imported_by) values ($1, $2, $3, $4) on conflict (name) do update set text = excluded.text, imported_at = excluded.imported_at, imported_by = excluded.imported_by"),
        args![name, text, now, user],
    )
    .await?;
    Ok(())
}

pub async fn confirm(tx: &mut Tx, key: &str, note: &str) -> Result<()> {
    let (now, user) = (tx.now(), tx.act().actor.user);
    tx.exec(
        sql!("insert into rulebook_confirmation (key, note, confirmed_at, confirmed_by) values ($1, $2, $3, $4) on conflict (key) do nothing"),
        args![key, note, now, user],
    )
    .await?;
    Ok(())
}
