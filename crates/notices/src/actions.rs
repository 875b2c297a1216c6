//! What other domains do with tasks, inside their own command.

use crate::model::{NewTask, Task};
use crate::store;
use kernel::{App, Reader, Result, TaskId, Tx, Uuid};

/// Gives a task; the caller's command records it together with its own deed.
pub async fn put(tx: &mut Tx, task: NewTask) -> Result<TaskId> {
    let id: TaskId = tx.fresh();
    store::insert(tx, id, &task).await?;
    tx.emit("notices.task", id);
    Ok(id)
}

/// Closes every open task of `kind` about `record`; returns how many.
pub async fn done_for(tx: &mut Tx, record: impl Into<Uuid>, kind: &str) -> Result<u64> {
    let n = store::finish(tx, record.into(), kind).await?;
    tell(tx, n)
}

/// Closes the open task of `kind` about `record` that belongs to the person acting.
pub async fn done_by_me(tx: &mut Tx, record: impl Into<Uuid>, kind: &str) -> Result<u64> {
    let me = tx.act().actor.user;
    let n = store::finish_for_user(tx, record.into(), kind, me).await?;
    tell(tx, n)
}

/// Closes the open task of `kind` about `record` that belongs to this person.
pub async fn done_by(tx: &mut Tx, record: impl Into<Uuid>, kind: &str, user: kernel::UserId) -> Result<u64> {
    let n = store::finish_for_user(tx, record.into(), kind, user).await?;
    tell(tx, n)
}

/// Closes every open task about `record` (it was closed, merged or found invalid).
pub async fn done_all(tx: &mut Tx, record: impl Into<Uuid>) -> Result<u64> {
    let n = store::finish_all(tx, record.into()).await?;
    tell(tx, n)
}

fn tell(tx: &mut Tx, n: u64) -> Result<u64> {
    if n > 0 {
        tx.emit("notices.task", Uuid::nil());
    }
    Ok(n)
}

/// The caller's open tasks, most urgent first, at most 400; with how many there are, and how many are overdue.
pub async fn mine(app: &App, actor: &kernel::Actor) -> Result<(Vec<Task>, (i64, i64))> {
    let look = app.look(actor, "notices.mine", kernel::Purpose::Incident);
    let now = app.now();
    app.db()
        .read(&look, async |r: &mut Reader| {
            let counts = store::count_for(r, actor.user, actor.station, actor.role, now).await?;
            Ok((store::open_for(r, actor.user, actor.station, actor.role).await?, counts))
        })
        .await
}
