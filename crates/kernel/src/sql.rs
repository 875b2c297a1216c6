//! Statements: one text for two engines, with about ten named helpers where the dialects differ.
//!
//! A statement is written once as `sql!("select … where id = $1")`. Helpers start with `@`:
//!
//! | helper | SQLite | PostgreSQL | use |
//! |---|---|---|---|
//! | `@ids($n)` | `(select unhex(value) from json_each($n))` | `(select unnest($n::uuid[]))` | `id in @ids($1)` with [`Value::Ids`](crate::Value::Ids) |
//! | `@texts($n)` | `(select value from json_each($n))` | `(select unnest($n::text[]))` | `code in @texts($1)` with `Value::Texts` |
//! | `@ints($n)` | `(select cast(value as integer) from json_each($n))` | `(select cast(unnest($n::text[]) as bigint))` | numbers, with `Value::Texts` |
//! | `@hex(c)` | `lower(hex(c))` | `replace(cast(c as text), '-', '')` | an id as text, the same on both |
//! | `@packed($n)` | `unhex($n, '[]",')` | `($n::uuid[])` | a list of ids in one column, with `Value::Ids` |
//! | `@lock` | nothing | `for update` | read-then-write inside a transaction |
//! | `@skip_locked` | nothing | `for update skip locked` | job claim |
//! | `@blob` / `@bigserial` | `blob` / `integer` | `bytea` / `bigserial` | migrations |
//! | `@uuid` | `blob` | `uuid` | migrations |
//! | `@int` | `integer` | `bigint` | migrations |
//! | `@bool` | `boolean` | `boolean` | migrations |

use std::sync::OnceLock;

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// A statement known at compile time; make one with [`sql!`](crate::sql!).
pub struct Sql {
    text: &'static str,
    per_engine: [OnceLock<&'static str>; 2],
}

impl Sql {
    pub const fn new(text: &'static str) -> Sql {
        Sql { text, per_engine: [OnceLock::new(), OnceLock::new()] }
    }

    /// The text for `engine`; expanded once and kept for the life of the process.
    pub fn text(&self, engine: Engine) -> &'static str {
        self.per_engine[engine as usize].get_or_init(|| {
            if self.text.contains('@') {
                Box::leak(expand(self.text, engine).into_boxed_str())
            } else {
                self.text
            }
        })
    }
}

/// Makes a static [`Sql`] from a literal. The test `statements` prepares every one on both engines.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {{
        static STATEMENT: $crate::Sql = $crate::Sql::new($text);
        &STATEMENT
    }};
}

/// Replaces the `@` helpers of the module's table; anything else stays as it is.
pub fn expand(text: &str, engine: Engine) -> String {
    let lite = engine == Engine::Sqlite;
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        let argument = |rest: &mut &str| -> String {
            let close = rest.find(')').map_or(rest.len(), |i| i + 1);
            let (inside, after) = rest.split_at(close);
            *rest = after;
            inside.trim_start_matches('(').trim_end_matches(')').to_string()
        };
        match word {
            "ids" => {
                let a = argument(&mut rest);
                out.push_str(&if lite {
                    format!("(select unhex(value) from json_each({a}))")
                } else {
                    format!("(select unnest({a}::uuid[]))")
                });
            }
            "texts" => {
                let a = argument(&mut rest);
                out.push_str(&if lite {
                    format!("(select value from json_each({a}))")
                } else {
                    format!("(select unnest({a}::text[]))")
                });
            }
            "ints" => {
                let a = argument(&mut rest);
                out.push_str(&if lite {
                    format!("(select cast(value as integer) from json_each({a}))")
                } else {
                    format!("(select cast(unnest({a}::text[]) as bigint))")
                });
            }
            "hex" => {
                let a = argument(&mut rest);
                out.push_str(&if lite { format!("lower(hex({a}))") } else { format!("replace(cast({a} as text), '-', '')") });
            }
            "packed" => {
                let a = argument(&mut rest);
                out.push_str(&if lite { format!("unhex({a}, '[]\",')") } else { format!("({a}::uuid[])") });
            }
            "lock" => out.push_str(if lite { "" } else { "for update" }),
            "skip_locked" => out.push_str(if lite { "" } else { "for update skip locked" }),
            "blob" => out.push_str(if lite { "blob" } else { "bytea" }),
            "uuid" => out.push_str(if lite { "blob" } else { "uuid" }),
            "int" => out.push_str(if lite { "integer" } else { "bigint" }),
            "bool" => out.push_str("boolean"),
            other => {
                out.push('@');
                out.push_str(other);
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_expand_for_each_engine() {
        let text = "select a from t where id in @ids($1) and c in @texts($2) and @hex(t.id) = $3 and l = @packed($4) order by a limit 1 @skip_locked";
        assert_eq!(
            expand(text, Engine::Sqlite),
            "select a from t where id in (select unhex(value) from json_each($1)) and c in (select value from json_each($2)) and lower(hex(t.id)) = $3 and l = unhex($4, '[]\",') order by a limit 1 "
        );
        assert_eq!(
            expand(text, Engine::Postgres),
            "select a from t where id in (select unnest($1::uuid[])) and c in (select unnest($2::text[])) and replace(cast(t.id as text), '-', '') = $3 and l = ($4::uuid[]) order by a limit 1 for update skip locked"
        );
    }
}
