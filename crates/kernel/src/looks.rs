//! The looks of one answer, put by until it is ready to leave (`docs/decisions/0023-one-look-for-an-answer.md`).

use crate::Act;
use crate::audit::Subject;
use std::cell::RefCell;

/// What one read showed, and why it was read.
pub(crate) struct Look {
    pub(crate) act: Act,
    pub(crate) seen: Vec<Subject>,
}

tokio::task_local! {
    static ANSWER: RefCell<Vec<Look>>;
}

/// Runs `work` and gives its looks. What `work` spawns as a task of its own is not part of it.
pub(crate) async fn gather<T>(work: impl Future<Output = T>) -> (T, Vec<Look>) {
    // A future of its own type, so that the looks can be taken out when the work is done.
    let scope = ANSWER.scope(RefCell::new(vec![]), async {
        let answer = work.await;
        (answer, ANSWER.with(RefCell::take))
    });
    scope.await
}

/// Puts a look by for the end of the answer; gives it back where no answer is being made.
pub(crate) fn put_by(act: Act, seen: Vec<Subject>) -> Option<Look> {
    let mut look = Some(Look { act, seen });
    let _ = ANSWER.try_with(|all| all.borrow_mut().extend(look.take()));
    look
}
