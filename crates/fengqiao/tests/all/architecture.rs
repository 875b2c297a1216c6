//! The whole program looked at from outside: every statement on both engines, routes × roles, schemas.
//!
//! Golden files stand in `docs/ref/`; `FENGQIAO_BLESS=1 cargo test -p fengqiao` writes them anew.

use kernel::sql::expand;
use kernel::{Actor, Db, Engine, Role};
use testkit::sources::{root, rust_files};
use testkit::{TestApp, engines};

async fn app(engine: &str) -> TestApp {
    TestApp::new(engine, rulebook::shipped().expect("rules"), fengqiao::domains::all()).await
}

/// The text of every `sql!("…")` in the sources, with the file it stands in.
fn statements() -> Vec<(String, String)> {
    let mut out = vec![];
    let files = rust_files();
    for f in files {
        let path = f.strip_prefix(root()).expect("inside").display().to_string();
        if path.contains("/tests") || path.ends_with("sql.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&f).expect("a source file");
        for part in text.split("sql!(").skip(1) {
            let Some(start) = part.find('"') else { continue };
            if !part[..start].trim().is_empty() {
                continue;
            }
            let (mut statement, mut escaped) = (String::new(), false);
            for c in part[start + 1..].chars() {
                match (escaped, c) {
                    (true, '\n') => escaped = false,
                    (true, c) => {
                        statement.push(c);
                        escaped = false;
                    }
                    (false, '\\') => escaped = true,
                    (false, '"') => break,
                    (false, c) => statement.push(c),
                }
            }
            out.push((path.clone(), statement));
        }
    }
    out
}

/// The engine of a statement that is written for one alone (full-text search, advisory locks, pragmas).
fn only(text: &str) -> Option<Engine> {
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    match (has(&["tsquery", "tsvector", "pg_"]), has(&[" match ", "pragma", "vacuum", "rowid", "_fts"])) {
        (true, _) => Some(Engine::Postgres),
        (_, true) => Some(Engine::Sqlite),
        _ => None,
    }
}

#[tokio::test]
async fn every_statement_is_prepared_on_both_engines() {
    let all = statements();
    assert!(all.len() > 200, "only {} statements found", all.len());
    for name in engines() {
        let t = app(name).await;
        let engine = if name == "postgres" { Engine::Postgres } else { Engine::Sqlite };
        for (path, text) in all.iter().filter(|(_, text)| only(text).is_none_or(|e| e == engine)) {
            let text: &'static str = Box::leak(expand(text, engine).into_boxed_str());
            if let Err(e) = t.app.db().prepare(text).await {
                panic!("{name}, {path}: {e}\n{text}");
            }
        }
        for spec in bulletins::specs() {
            for s in [spec.count, spec.rows] {
                t.app.db().prepare(s.text(engine)).await.unwrap_or_else(|e| panic!("{name}, figure {}: {e}", spec.key));
            }
        }
    }
}

/// Compares with the golden file, or writes it.
fn golden(name: &str, text: &str) {
    let path = root().join("docs/ref").join(name);
    if std::env::var("FENGQIAO_BLESS").is_ok() {
        std::fs::write(&path, text).expect("docs/ref");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept == text {
        return;
    }
    let first = kept.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or(kept.lines().count().min(text.lines().count()));
    panic!(
        "docs/ref/{name} differs at line {}:\n kept: {}\n now:  {}\nIf the change is meant: FENGQIAO_BLESS=1 cargo test -p fengqiao --test all architecture",
        first + 1,
        kept.lines().nth(first).unwrap_or("(end)"),
        text.lines().nth(first).unwrap_or("(end)")
    );
}

#[test]
fn routes_and_roles_are_as_reviewed() {
    let mut lines = vec![];
    for d in fengqiao::domains::all() {
        for r in &d.routes {
            let mut who: Vec<&str> = vec![];
            if r.need.met_by(None) {
                who.push("public");
            } else {
                for role in Role::ACCOUNTS {
                    let mut a = Actor::resident(kernel::StationId::NIL);
                    a.role = *role;
                    if r.need.met_by(Some(&a)) {
                        who.push(role.code());
                    }
                }
                if who.len() == Role::ACCOUNTS.len() {
                    who = vec!["every role"];
                }
            }
            lines.push(format!("{:<5}{:<44}{}", r.method, r.path, who.join(" ")));
        }
    }
    lines.sort();
    golden("routes.txt", &(lines.join("\n") + "\n"));
}

#[test]
fn roles_and_permissions_are_as_reviewed() {
    let mut text = String::new();
    for role in Role::ACCOUNTS {
        let list: Vec<&str> = role.permissions().iter().map(|p| p.code()).collect();
        text.push_str(&format!("{:<16}{}\n", role.code(), list.join(" ")));
    }
    golden("permissions.txt", &text);
}

/// Two text columns of a statement on the file of an SQLite database.
fn sqlite_rows(db: &Db, text: &str) -> Vec<(String, String)> {
    let file = rusqlite::Connection::open(db.path().expect("a file")).expect("the database");
    let mut statement = file.prepare(text).expect("a statement");
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("two texts")
}

fn sqlite_schema(db: &Db) -> String {
    let text = "select name, sql from sqlite_master where sql is not null and name not like 'sqlite_%' order by name";
    let rows = sqlite_rows(db, text);
    rows.into_iter().map(|(_, s)| s.split_whitespace().collect::<Vec<_>>().join(" ") + ";\n").collect()
}

#[tokio::test]
async fn the_schema_is_as_reviewed() {
    let t = app("sqlite").await;
    golden("schema-sqlite.sql", &sqlite_schema(t.app.db()));
}

#[tokio::test]
async fn both_engines_hold_the_same_columns() {
    if engines().len() < 2 {
        return;
    }
    let lite = app("sqlite").await;
    let mut a = sqlite_rows(
        lite.app.db(),
        "select m.name, p.name from sqlite_master m join pragma_table_info(m.name) p where m.type in ('table', 'view') and m.name not like 'sqlite_%'",
    );
    let pg = app("postgres").await;
    let mut c = <sqlx::PgConnection as sqlx::Connection>::connect(&pg.place).await.expect("the server");
    let mut b: Vec<(String, String)> = sqlx::query_as(
        "select cast(table_name as text), cast(column_name as text) from information_schema.columns where table_schema = current_schema()",
    )
    .fetch_all(&mut c)
    .await
    .expect("columns");
    // The search tables differ by design (FTS5 shadow tables, tsvector column).
    for list in [&mut a, &mut b] {
        list.retain(|(t, _)| !t.contains("search") && !t.starts_with("kernel_fts"));
        list.sort();
    }
    assert_eq!(a, b);
}

/// Tables with their columns, then indexes and views, as PostgreSQL itself says them.
async fn postgres_schema(place: &str) -> String {
    let mut c = <sqlx::PgConnection as sqlx::Connection>::connect(place).await.expect("the server");
    let mut lines: Vec<String> = vec![];
    for text in [
        "select cast(table_name || '.' || column_name || ' ' || data_type || case is_nullable when 'NO' then ' not null' else '' end as text) from information_schema.columns where table_schema = current_schema() order by table_name, ordinal_position",
        "select cast(replace(indexdef, current_schema() || '.', '') as text) from pg_indexes where schemaname = current_schema() order by tablename, indexname",
        "select cast(viewname || ': ' || replace(definition, current_schema() || '.', '') as text) from pg_views where schemaname = current_schema() order by viewname",
    ] {
        let rows: Vec<(String,)> = sqlx::query_as(text).fetch_all(&mut c).await.expect("the catalogue");
        lines.extend(rows.into_iter().map(|(line,)| line.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn the_schema_of_postgresql_is_as_reviewed() {
    if engines().len() < 2 {
        return;
    }
    let pg = app("postgres").await;
    golden("schema-postgres.txt", &postgres_schema(&pg.place).await);
}

/// Functions that make the data of a printed paper, and how the names of their samples begin in `docs/ref/papers`.
const PAPERS: &[(&str, &str)] = &[
    ("bulletins::data", "bulletins-data"),
    // The list of `Paper`; each kind has its sample.
    ("dossier::form", "dossier-"),
    ("dossier::data", "dossier-receipt"),
    ("dossier::whole", "dossier-whole"),
    ("mediation::agreement_data", "dossier-agreement"),
    ("roster::data", "roster-data"),
    ("surveys::minutes", "surveys-minutes"),
    ("surveys::sheet", "surveys-sheet"),
    ("windows::not_issued", "windows-not_issued"),
    ("windows::notice", "windows-notice"),
    ("windows::of_case", "windows-of_case"),
];

/// `crate::function` of every place that writes `issued_at`, without which nothing prints.
fn makers() -> std::collections::BTreeSet<String> {
    let files = rust_files();
    let mut out = std::collections::BTreeSet::new();
    for f in files {
        let path = f.strip_prefix(root().join("crates")).expect("inside").to_path_buf();
        let mut parts = path.iter().map(|p| p.to_string_lossy().into_owned());
        let (krate, rest) = (parts.next().unwrap_or_default(), parts.collect::<Vec<_>>());
        // The engine itself knows no paper; its samples are its own.
        if krate == "documents" || rest.iter().any(|p| p.starts_with("tests") || p == "examples") {
            continue;
        }
        let text = std::fs::read_to_string(&f).expect("a source file");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut function = String::new();
        for line in text.lines().map(str::trim) {
            if let Some((_, after)) = line.split_once("fn ")
                && !line.starts_with("//")
                && let Some(name) = after.split(['(', '<']).next()
            {
                function = name.to_string();
            }
            if line.contains("\"issued_at\":") {
                out.insert(format!("{krate}::{function}"));
            }
        }
    }
    out
}

#[test]
fn every_printed_paper_has_a_sample_whose_text_is_kept() {
    let kept: Vec<String> = std::fs::read_dir(testkit::papers::folder())
        .expect("docs/ref/papers")
        .filter_map(|e| e.ok()?.file_name().to_string_lossy().strip_suffix(".txt").map(str::to_string))
        .collect();
    let known: std::collections::BTreeSet<String> = PAPERS.iter().map(|(m, _)| m.to_string()).collect();
    assert_eq!(makers(), known, "a paper without a sample: print one in its domain's tests (testkit::papers::golden) and name it in PAPERS");
    for (maker, prefix) in PAPERS {
        assert!(kept.iter().any(|k| k.starts_with(prefix)), "{maker}: no golden text {prefix}… in docs/ref/papers");
    }
    // What a court returns is bound in, not printed.
    for paper in dossier::model::Paper::ALL.iter().filter(|p| **p != dossier::model::Paper::Court) {
        assert!(kept.contains(&format!("dossier-{}", paper.code())), "{paper}: no golden text in docs/ref/papers");
    }
    let strays: Vec<&String> = kept.iter().filter(|k| !PAPERS.iter().any(|(_, p)| k.starts_with(p))).collect();
    assert!(strays.is_empty(), "golden texts of no paper: {strays:?}");
}
