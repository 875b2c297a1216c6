//! The search index as it is read and written (`docs/decisions/0006-search-by-bigrams.md`).

use crate::search::{self, Ask, Doc, Hit};
use crate::{BeatId, Engine, GridId, Reach, Reader, Result, StationId, Timestamp, Tx, Uuid, args, sql};
use futures::future::BoxFuture;

/// Bits of a document number below its station's part: milliseconds × 4096 + a tie breaker, enough until 2109.
const PART_SHIFT: u32 = 54;
/// Documents from before there were parts, and of stations beyond the last part.
const COMMON_PART: i64 = 0;
const LAST_PART: i64 = (1 << (63 - PART_SHIFT)) - 1;

/// Document numbers grow with the record's time inside a station's part.
fn doc_floor(at: Timestamp) -> i64 {
    at.as_millisecond().clamp(0, (1 << (PART_SHIFT - 12)) - 1) << 12
}

/// First number of a part and the first one beyond what may be shown.
fn doc_range(part: i64, before: Option<Timestamp>) -> (i64, i64) {
    let low = part << PART_SHIFT;
    (low, low.saturating_add(before.map_or(1 << PART_SHIFT, doc_floor)))
}

impl Reader {
    /// Full-text search inside the caller's reach, newest first.
    pub fn search<'a>(&'a mut self, query: &'a str, ask: &'a Ask) -> BoxFuture<'a, Result<Vec<Hit>>> {
        Box::pin(async move {
            let Some(parsed) = search::parse(query) else { return Ok(vec![]) };
            if ask.kinds.is_empty() {
                return Ok(vec![]);
            }
            let (all, station, grids, beats) = match &ask.reach {
                Reach::All => (true, StationId::NIL, vec![], vec![]),
                Reach::Station(s) => (false, *s, vec![], vec![]),
                Reach::Beats(s, beats) if !beats.is_empty() => (false, *s, vec![], beats.clone()),
                Reach::Grids(s, grids) if !grids.is_empty() => (false, *s, grids.clone(), vec![]),
                Reach::Beats(..) | Reach::Grids(..) | Reach::Own(_) => return Ok(vec![]),
            };
            let (by_grid, by_beat) = (!grids.is_empty(), !beats.is_empty());
            let limit = ask.limit.clamp(1, 100);
            let mut hits: Vec<Hit> = vec![];
            // Each station's documents stand together, so that a search never walks another station's.
            for part in self.search_parts(all, station).await? {
                let (low, high) = doc_range(part, ask.before);
                let phrase = match self.engine() {
                    Engine::Sqlite => search::fts5(&parsed),
                    Engine::Postgres => search::tsquery(&parsed),
                };
                let values = args![
                    phrase, low, high, all, station, by_grid, crate::row::ids(&grids), crate::row::texts(&ask.kinds), limit, by_beat,
                    crate::row::ids(&beats)
                ];
                let text = match self.engine() {
                    Engine::Sqlite => sql!("select d.kind, d.id, d.station_id, d.at, d.title from kernel_search_fts f join kernel_search d on d.doc = f.rowid where kernel_search_fts match $1 and f.rowid >= $2 and f.rowid < $3 and ($4 or d.station_id = $5) and (not $6 or d.grid_id in @ids($7)) and (not $10 or d.beat_id in @ids($11)) and d.kind in @texts($8) order by f.rowid desc limit $9"),
                    Engine::Postgres => sql!("select d.kind, d.id, d.station_id, d.at, d.title from kernel_search d where d.tokens @@ cast($1 as text)::tsquery and d.doc >= $2 and d.doc < $3 and ($4 or d.station_id = $5) and (not $6 or d.grid_id in @ids($7)) and (not $10 or d.beat_id in @ids($11)) and d.kind in @texts($8) order by d.doc desc limit $9"),
                };
                for r in self.rows(text, values).await? {
                    hits.push(Hit {
                        kind: r.get("kind")?,
                        id: r.get("id")?,
                        station: r.get("station_id")?,
                        at: r.get("at")?,
                        title: r.get("title")?,
                    });
                }
            }
            hits.sort_by_key(|h| std::cmp::Reverse(h.at));
            hits.truncate(limit as usize);
            Ok(hits)
        })
    }

    /// Grid and beat in which a record stands in the search index; `None` when it is not in it.
    pub async fn indexed_place(&mut self, id: Uuid) -> Result<Option<(Option<GridId>, Option<BeatId>)>> {
        let rows = self.rows(sql!("select grid_id, beat_id from kernel_search where id = $1"), args![id]).await?;
        rows.first().map(|row| Ok((row.get("grid_id")?, row.get("beat_id")?))).transpose()
    }

    /// The parts of the search index in which a caller's documents can stand.
    async fn search_parts(&mut self, all: bool, station: StationId) -> Result<Vec<i64>> {
        let mut parts = vec![];
        if self.count(sql!("select count(*) as n from (select 1 from kernel_search where doc < $1 limit 1) as x"), args![1_i64 << PART_SHIFT]).await? > 0 {
            parts.push(COMMON_PART);
        }
        let rows = self.rows(sql!("select part from kernel_search_part where $1 or station_id = $2 order by part limit 512"), args![all, station]).await?;
        for row in rows {
            let part: i64 = row.get("part")?;
            if part <= LAST_PART {
                parts.push(part);
            }
        }
        Ok(parts)
    }
}

impl Tx {
    /// Puts a record into the search index, or renews it.
    pub fn index<'a>(&'a mut self, doc: &'a Doc<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if self.count(sql!("select count(*) as n from kernel_search where id = $1"), args![doc.id]).await? > 0 {
                self.unindex(doc.id).await?;
            }
            let both = format!("{}\n{}", doc.title, doc.text);
            let title = crate::text::cut(doc.title, 120);
            let part = self.search_part(doc.station).await?;
            let mut number = (part << PART_SHIFT) | doc_floor(doc.at) | (doc.id.as_u128() as i64 & 0xfff);
            // Another record may stand at the same number: the next free one is taken.
            while !self.index_at(number, doc, &title, &both).await? {
                number += 1;
            }
            Ok(())
        })
    }

    /// The part of the search index that holds a station's documents; made with its first.
    async fn search_part(&mut self, station: StationId) -> Result<i64> {
        loop {
            let rows = self.rows(sql!("select part from kernel_search_part where station_id = $1"), args![station]).await?;
            if let Some(row) = rows.first() {
                let part: i64 = row.get("part")?;
                return Ok(if part <= LAST_PART { part } else { COMMON_PART });
            }
            let next = self.next_number(StationId::NIL, "kernel.search_part", 0).await?;
            self.exec(
                sql!("insert into kernel_search_part (station_id, part) values ($1, $2) on conflict (station_id) do nothing"),
                args![station, next],
            )
            .await?;
        }
    }

    /// False when another record has this document number.
    async fn index_at(&mut self, number: i64, doc: &Doc<'_>, title: &str, both: &str) -> Result<bool> {
        if self.engine() == Engine::Postgres {
            let n = self
                .exec(
                    sql!("insert into kernel_search (doc, kind, id, station_id, grid_id, at, title, tokens, beat_id) values ($1, $2, $3, $4, $5, $6, $7, cast($8 as text)::tsvector, $9) on conflict (doc) do nothing"),
                    args![number, doc.kind, doc.id, doc.station, doc.grid, doc.at, title, search::index_tsvector(both), doc.beat],
                )
                .await?;
            return Ok(n == 1);
        }
        let n = self
            .exec(
                sql!("insert into kernel_search (doc, kind, id, station_id, grid_id, at, title, beat_id) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (doc) do nothing"),
                args![number, doc.kind, doc.id, doc.station, doc.grid, doc.at, title, doc.beat],
            )
            .await?;
        if n == 0 {
            return Ok(false);
        }
        self.words.put(number, search::index_tokens(both));
        Ok(true)
    }

    /// Moves records inside the search index to another grid and beat; their words stay. Returns how many stood elsewhere.
    pub async fn reindex_place(&mut self, ids: &[Uuid], grid: Option<GridId>, beat: Option<BeatId>) -> Result<u64> {
        let mut moved = 0;
        for part in ids.chunks(500) {
            moved += self
                .exec(
                    sql!("update kernel_search set grid_id = $2, beat_id = $3 where id in @ids($1) and (grid_id is distinct from $2 or beat_id is distinct from $3)"),
                    args![crate::row::ids(part), grid, beat],
                )
                .await?;
        }
        Ok(moved)
    }

    /// Takes a record out of the search index (retention, merged addresses).
    pub fn unindex(&mut self, id: Uuid) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if self.engine() == Engine::Sqlite {
                for row in self.rows(sql!("select doc from kernel_search where id = $1"), args![id]).await? {
                    self.words.drop(row.get("doc")?);
                }
            }
            self.exec(sql!("delete from kernel_search where id = $1"), args![id]).await?;
            Ok(())
        })
    }
}
