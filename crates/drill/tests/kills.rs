//! The short form of `cargo xt soak writes`: the built program, killed five times while it writes.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_five_times_while_writing_nothing_acknowledged_is_lost() {
    let bin = drill::child::binary().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = drill::kills::run(&bin, &dir.path().join("data"), 5, &|_, _| {}).await.unwrap();
    assert_eq!(out.kills, 5);
    assert!(out.acknowledged >= 15, "too little was written to say anything: {out:?}");
    assert!(out.heads >= 2, "{out:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_searches_a_roster_the_best_so_far_stays() {
    let bin = drill::child::binary().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = drill::searches::run(&bin, &dir.path().join("data"), 2).await.unwrap();
    assert_eq!((out.kills, out.kept), (2, 2));
    assert!(out.duties > 30, "{out:?}");
}
