//! Verification of the audit chain, and its signed heads in a second place.
//!
//! The chain alone shows a changed, removed, inserted or swapped entry. A tail cut off, or a chain
//! recomputed after an edit by someone with database access, shows only against heads that were
//! signed with a key outside the database and written elsewhere: a file of one JSON line per head.

use crate::audit::{self, Body};
use crate::tx::Reader;
use crate::{Act, App, Error, Result, StationId, Timestamp, Uuid, args, sql};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The head of a chain at a moment, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub chain: StationId,
    pub seq: i64,
    /// Microseconds since 1970, UTC.
    pub at: i64,
    /// The head's hash, hex.
    pub hash: String,
    pub alg: String,
    pub key_id: String,
    /// Signature over [`Seal::message`], hex.
    pub signature: String,
}

impl Seal {
    /// What is signed.
    pub fn message(&self) -> String {
        format!("fengqiao-head-1|{}|{}|{}|{}", self.chain, self.seq, self.at, self.hash)
    }
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub chain: StationId,
    pub seq: i64,
    /// `changed`, `gap`, `moved`, `index`, `head`, `cut`, `recomputed`, `signature`.
    pub kind: &'static str,
    /// In Chinese, with what it means.
    pub says: String,
}

/// The result of a verification.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    pub chains: usize,
    pub entries: i64,
    /// Signed heads compared, in the database and outside.
    pub seals: usize,
    /// Of these, heads kept outside the database: without any a cut tail and a recomputed chain cannot be found.
    pub outside: usize,
    pub findings: Vec<Finding>,
}

/// Findings listed at most; the first ones tell where to look.
const MAX_FINDINGS: usize = 200;
const PAGE: i64 = 2_000;

/// Recomputes every chain, compares index and heads, and every signed head in the database and
/// (when given) in `heads`.
pub fn verify<'a>(app: &'a App, act: &'a Act, heads: Option<&'a Path>) -> BoxFuture<'a, Result<Verdict>> {
    Box::pin(async move {
        let mut seals = match heads {
            Some(path) => read_heads(path)?,
            None => vec![],
        };
        if let (Some(path), true) = (heads, seals.is_empty()) {
            return Err(crate::Refusal::new(
                "audit.heads_empty",
                format!("{} 里没有一条链头，不能作为核对的依据。", path.display()),
                "请指定真正的链头文件；不写 --heads 则只核对库内。",
            )
            .into());
        }
        let outside = seals.len();
        let act = act.clone();
        app.db()
        .read(&act, async |r: &mut Reader| {
            for row in r
                .rows(sql!("select chain, seq, at, hash, alg, key_id, signature from kernel_audit_seal order by chain, seq"), vec![])
                .await?
            {
                seals.push(Seal {
                    chain: row.get("chain")?,
                    seq: row.get("seq")?,
                    at: row.get("at")?,
                    hash: hex::encode(row.get::<Vec<u8>>("hash")?),
                    alg: row.get("alg")?,
                    key_id: row.get("key_id")?,
                    signature: hex::encode(row.get::<Vec<u8>>("signature")?),
                });
            }
            let mut v = run(app, r, &seals).await?;
            v.outside = outside;
            Ok(v)
        })
        .await
    })
}

async fn run(app: &App, r: &mut Reader, seals: &[Seal]) -> Result<Verdict> {
    let mut v = Verdict { seals: seals.len(), ..Default::default() };
    let mut expected: BTreeMap<(StationId, i64), Vec<&Seal>> = BTreeMap::new();
    for seal in seals {
        let signature = vault::Signature {
            alg: seal.alg.clone(),
            key_id: seal.key_id.clone(),
            bytes: hex::decode(&seal.signature).unwrap_or_default(),
        };
        if !app.vault().verify_head(seal.message().as_bytes(), &signature) {
            v.add(seal.chain, seal.seq, "signature", "链头签名与密钥不符：签名记录被改动，或用了别的密钥文件。");
        }
        expected.entry((seal.chain, seal.seq)).or_default().push(seal);
    }
    let mut chains: Vec<StationId> = r
        .rows(sql!("select chain from kernel_audit_head union select distinct chain from kernel_audit"), vec![])
        .await?
        .iter()
        .map(|row| row.get("chain"))
        .collect::<Result<_>>()?;
    for seal in seals {
        if !chains.contains(&seal.chain) {
            chains.push(seal.chain);
        }
    }
    v.chains = chains.len();
    for chain in chains {
        let last = walk(r, chain, &expected, &mut v).await?;
        for ((c, seq), list) in &expected {
            if *c == chain && *seq > last && !list.is_empty() {
                v.add(chain, *seq, "cut", format!("已签名的第 {seq} 条不在库中：链尾被截断（库中止于第 {last} 条）。"));
            }
        }
    }
    Ok(v)
}

async fn walk(
    r: &mut Reader,
    chain: StationId,
    expected: &BTreeMap<(StationId, i64), Vec<&Seal>>,
    v: &mut Verdict,
) -> Result<i64> {
    let pruned = r
        .rows(
            sql!("select seq, hash from kernel_audit_seal where chain = $1 and pruned order by seq desc limit 1"),
            args![chain],
        )
        .await?;
    let (mut seq, mut prev) = match pruned.first() {
        Some(row) => (row.get::<i64>("seq")?, row.get::<Vec<u8>>("hash")?),
        None => (0, audit::GENESIS.to_vec()),
    };
    loop {
        let rows = r
            .rows(
                sql!("select seq, at, alg, prev, hash, body from kernel_audit where chain = $1 and seq > $2 order by seq limit $3"),
                args![chain, seq, PAGE],
            )
            .await?;
        let Some(end) = rows.last() else { break };
        let end: i64 = end.get("seq")?;
        let mut index = subjects(r, chain, seq, end).await?;
        for row in &rows {
            let at_seq: i64 = row.get("seq")?;
            if at_seq != seq + 1 {
                v.add(chain, at_seq, "gap", format!("第 {} 至 {} 条缺失。", seq + 1, at_seq - 1));
            }
            let stored_prev: Vec<u8> = row.get("prev")?;
            let stored: Vec<u8> = row.get("hash")?;
            let text: String = row.get("body")?;
            let alg: String = row.get("alg")?;
            let hash = vault::HashAlg::from_id(&alg).map(|a| audit::link(a, &stored_prev, &text));
            if hash.is_none_or(|h| h.as_slice() != stored.as_slice()) {
                v.add(chain, at_seq, "changed", format!("第 {at_seq} 条的内容与其摘要不符：内容被改动。"));
            } else if stored_prev != prev {
                v.add(chain, at_seq, "moved", format!("第 {at_seq} 条没有接在前一条之后：有记录被删除、插入或调换。"));
            }
            match serde_json::from_str::<Body>(&text) {
                Ok(body) if body.chain == chain && body.seq == at_seq && body.at == row.get::<i64>("at")? => {
                    let mut want: Vec<(String, Uuid)> =
                        body.subjects.iter().chain(body.about.iter()).map(|s| (s.k.clone(), s.id)).collect();
                    want.sort();
                    want.dedup();
                    let mut have = index.remove(&at_seq).unwrap_or_default();
                    have.sort();
                    if want != have {
                        v.add(
                            chain,
                            at_seq,
                            "index",
                            format!("第 {at_seq} 条的“查询对象”索引被改动：群众可能看不到这次查询。"),
                        );
                    }
                }
                _ => v.add(chain, at_seq, "moved", format!("第 {at_seq} 条的编号、时间或所属与内容不符：记录被移动。")),
            }
            for seal in expected.get(&(chain, at_seq)).into_iter().flatten() {
                if seal.hash != hex::encode(&stored) {
                    v.add(
                        chain,
                        at_seq,
                        "recomputed",
                        format!("第 {at_seq} 条与已签名的链头不同：改动后重新计算过整条链。"),
                    );
                }
            }
            seq = at_seq;
            prev = stored;
            v.entries += 1;
        }
    }
    let head = r.rows(sql!("select seq, hash from kernel_audit_head where chain = $1"), args![chain]).await?;
    if let Some(row) = head.first() {
        let (head_seq, head_hash): (i64, Vec<u8>) = (row.get("seq")?, row.get("hash")?);
        if head_seq != seq || (seq > 0 && head_hash != prev) {
            v.add(
                chain,
                head_seq,
                "head",
                format!("链头记为第 {head_seq} 条，实际止于第 {seq} 条：链尾被截断或追加。"),
            );
        }
    } else if seq > 0 {
        v.add(chain, seq, "head", "链头记录不见了。");
    }
    Ok(seq)
}

type Index = BTreeMap<i64, Vec<(String, Uuid)>>;

async fn subjects(r: &mut Reader, chain: StationId, after: i64, until: i64) -> Result<Index> {
    let mut out = Index::new();
    for row in r
        .rows(
            sql!("select seq, kind, id from kernel_audit_touched where chain = $1 and seq > $2 and seq <= $3"),
            args![chain, after, until],
        )
        .await?
    {
        out.entry(row.get("seq")?).or_default().push((row.get("kind")?, row.get("id")?));
    }
    Ok(out)
}

impl Verdict {
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
    fn add(&mut self, chain: StationId, seq: i64, kind: &'static str, says: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { chain, seq, kind, says: says.into() });
        }
    }
}

/// Where the heads are written: the place that was named for it (another disk), else beside the database.
pub fn heads_file(settings: &crate::app::Settings) -> PathBuf {
    settings.heads.clone().unwrap_or_else(|| settings.data.join("audit-heads.jsonl"))
}

/// Signs the head of every chain that moved since its last seal, keeps it in the database and
/// appends it to `file`. Returns how many were signed.
pub fn sign_heads<'a>(app: &'a App, file: &'a Path) -> BoxFuture<'a, Result<usize>> {
    Box::pin(async move {
        let act = app.act(&crate::Actor::system(), "audit.sign_heads", crate::Purpose::Audit, app.fresh_command());
        let at = app.now();
        let heads: Vec<(StationId, i64, Vec<u8>)> = app
        .db()
        .read(&act, async |r: &mut Reader| {
            r.rows(sql!("select h.chain, h.seq, h.hash from kernel_audit_head h where h.seq > 0 and not exists (select 1 from kernel_audit_seal s where s.chain = h.chain and s.seq = h.seq)"), vec![])
                .await?
                .iter()
                .map(|row| Ok((row.get("chain")?, row.get("seq")?, row.get("hash")?)))
                .collect()
        })
        .await?;
        if heads.is_empty() {
            return Ok(0);
        }
        let mut seals = vec![];
        for (chain, seq, hash) in heads {
            let mut seal = Seal {
                chain,
                seq,
                at: at.as_microsecond(),
                hash: hex::encode(&hash),
                alg: String::new(),
                key_id: String::new(),
                signature: String::new(),
            };
            let signed = app.vault().sign_head(seal.message().as_bytes())?;
            seal.alg = signed.alg;
            seal.key_id = signed.key_id;
            seal.signature = hex::encode(signed.bytes);
            seals.push(seal);
        }
        append_heads(file, &seals)?;
        let count = seals.len();
        app.db()
        .write(&act, async |tx: &mut crate::Tx| {
            for s in &seals {
                tx.exec(
                    sql!("insert into kernel_audit_seal (chain, seq, at, hash, alg, key_id, signature) values ($1, $2, $3, $4, $5, $6, $7)"),
                    args![s.chain, s.seq, s.at, hex::decode(&s.hash).unwrap_or_default(), &s.alg, &s.key_id, hex::decode(&s.signature).unwrap_or_default()],
                )
                .await?;
                tx.record("audit.sign_heads", &[("chain", s.chain.0)], &s.hash);
            }
            Ok(())
        })
        .await?;
        Ok(count)
    })
}

fn append_heads(file: &Path, seals: &[Seal]) -> Result<()> {
    let problem = |e: std::io::Error| Error::internal(format!("{}: {e}", file.display()));
    let mut out = std::fs::OpenOptions::new().create(true).append(true).open(file).map_err(problem)?;
    for s in seals {
        writeln!(out, "{}", serde_json::to_string(s)?).map_err(problem)?;
    }
    out.sync_all().map_err(problem)
}

/// Reads a heads file; a broken last line (power cut) is skipped, any other is an error.
pub fn read_heads(file: &Path) -> Result<Vec<Seal>> {
    let text = std::fs::read_to_string(file).map_err(|e| Error::internal(format!("{}: {e}", file.display())))?;
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let mut out = Vec::with_capacity(lines.len());
    for (i, line) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(seal) => out.push(seal),
            Err(_) if i + 1 == lines.len() => {}
            Err(e) => return Err(Error::internal(format!("{} line {}: {e}", file.display(), i + 1))),
        }
    }
    Ok(out)
}

/// The daily root to print and pin up: one line per chain, short enough to compare by eye.
pub fn printed_root(seals: &[Seal], at: Timestamp) -> String {
    let mut text = String::new();
    for s in seals {
        text.push_str(&s.message());
        text.push('\n');
    }
    let d = hex::encode(vault::digest(vault::HashAlg::Sm3, &[text.as_bytes()]));
    let groups: Vec<&str> = (0..8).map(|i| &d[i * 4..i * 4 + 4]).collect();
    format!("{} {}", crate::clock::day_of(at), groups.join(" "))
}
