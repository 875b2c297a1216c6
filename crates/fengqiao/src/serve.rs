//! The server: HTTP on loopback or behind a named proxy, TLS from files everywhere else.

mod tls;

use crate::commands::{acting, told};
use crate::open::{Keys, Place, open};
use crate::{domains, jobs};
use anyhow::{Context, bail};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kernel::App;
use kernel::app::Settings;
use kernel::{Permission, Purpose};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

/// How `serve` listens.
#[derive(clap::Args, Clone, Debug)]
pub struct ServeArgs {
    /// 监听地址
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// TLS 证书链（PEM）
    #[arg(long, requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// TLS 私钥（PEM）
    #[arg(long, requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// 受信任的反向代理地址；只有它可以用明文连接，并转告来访地址
    #[arg(long)]
    pub trusted_proxy: Option<IpAddr>,
    /// 群众访问的地址，印在回执上，例如 https://fw.example.cn
    #[arg(long, default_value = "")]
    pub public_url: String,
    /// 运行指标（Prometheus 文本）的监听地址，只在本机，例如 127.0.0.1:9464
    #[arg(long)]
    pub metrics: Option<String>,
    /// 录像目录；不写则为数据目录下的 ring。建议放在单独的盘上
    #[arg(long)]
    pub ring: Option<PathBuf>,
    /// 做录像遮挡副本用的 ffmpeg；不写则在 PATH 里找
    #[arg(long)]
    pub ffmpeg: Option<PathBuf>,
    /// 文书用的字体目录（.ttf、.otf、.ttc）；不写则看环境变量 FENGQIAO_FONTS，都没有则只用自带的字体
    #[arg(long)]
    pub fonts: Option<PathBuf>,
    /// 这个进程不接入摄像机（多个进程共用一个数据库时，只由一个接入）
    #[arg(long, conflicts_with = "ring")]
    pub no_video: bool,
}

/// `fengqiao serve`
pub async fn command(place: Place, args: ServeArgs) -> anyhow::Result<()> {
    if place.is_demo() {
        bail!("{} 是演示数据，只能用 fengqiao demo 打开。", place.data.display());
    }
    let listen: SocketAddr = args.listen.parse().with_context(|| format!("监听地址“{}”没有读懂。请写成 地址:端口，例如 127.0.0.1:8080", args.listen))?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => Some(tls::acceptor(cert, key)?),
        _ => None,
    };
    if tls.is_none() && !listen.ip().is_loopback() && args.trusted_proxy.is_none() {
        bail!("不在本机监听时须有 TLS：请加 --tls-cert 与 --tls-key，或用 --trusted-proxy 指明前面的代理。");
    }
    crate::fonts::mount(args.fonts.as_deref())?;
    let settings = Settings {
        public_url: args.public_url.clone(),
        secure_cookies: tls.is_some() || args.trusted_proxy.is_some(),
        ..Settings::default()
    };
    let app = open(&place, Keys::MustExist, settings).await?;
    if app.settings().demo {
        bail!("这是演示数据（从演示的备份恢复的也是），不能用 serve 对外提供。");
    }
    let actor = acting(&app, &place).await?;
    actor.must(Permission::SystemRun)?;
    let metrics = match &args.metrics {
        Some(at) => Some(crate::metrics::bind(at).await?),
        None => None,
    };
    let listener = listener_at(listen).await?;
    told(&app, &actor, "serve.start", Purpose::Administration, "").await?;
    println!("枫桥已启动：{}://{}", if tls.is_some() { "https" } else { "http" }, listener.local_addr()?);
    let ring = (!args.no_video).then(|| args.ring.clone().unwrap_or_else(|| place.data.join("ring")));
    run(app, listener, Options { tls, proxy: args.trusted_proxy, metrics, keys: Some(place.key_path()), ring, ffmpeg: args.ffmpeg }).await
}

/// Binds the address; what hinders it is said with the way on.
pub async fn listener_at(at: SocketAddr) -> anyhow::Result<TcpListener> {
    use std::io::ErrorKind;
    TcpListener::bind(at).await.map_err(|e| match e.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!("{at} 已被占用：可能另有一个枫桥在运行。请先停止它，或用 --listen 换一个端口。"),
        ErrorKind::PermissionDenied => anyhow::anyhow!("没有权限监听 {at}（1024 以下的端口）。请换一个端口，或给服务 CAP_NET_BIND_SERVICE。"),
        ErrorKind::AddrNotAvailable => anyhow::anyhow!("这台机器没有 {} 这个地址。请核对 --listen。", at.ip()),
        _ => anyhow::anyhow!("不能监听 {at}：{e}"),
    })
}

/// What stands around the server.
#[derive(Default)]
pub struct Options {
    pub tls: Option<tokio_rustls::TlsAcceptor>,
    pub proxy: Option<IpAddr>,
    /// Where metrics are asked for.
    pub metrics: Option<TcpListener>,
    /// The key file: keys rotated beside the running server are taken on without a restart.
    pub keys: Option<PathBuf>,
    /// Where recordings are kept; without it this process pulls no camera.
    pub ring: Option<PathBuf>,
    /// The ffmpeg that burns regions into copies for publication, when it is not the one on PATH.
    pub ffmpeg: Option<PathBuf>,
}

/// How often the key file is looked at.
const KEYS_EVERY: Duration = Duration::from_secs(3);

/// Takes on rotated keys while the program runs. What cannot be read, or belongs to another installation, changes nothing
/// and is said once.
async fn watch_keys(vault: vault::Vault, path: PathBuf) {
    let mut seen = None;
    loop {
        let changed = std::fs::metadata(&path).and_then(|m| m.modified()).ok();
        if changed.is_some() && changed != seen {
            match vault::KeyFile::load(&path).and_then(|keys| vault.renew(keys)) {
                Ok(true) => tracing::info!("新密钥已启用"),
                Ok(false) => {}
                Err(e) => tracing::error!("{e}"),
            }
            seen = changed;
        }
        tokio::time::sleep(KEYS_EVERY).await;
    }
}

/// Serves until a signal; open requests get ten seconds to end.
pub async fn run(app: App, listener: TcpListener, options: Options) -> anyhow::Result<()> {
    let Options { tls, proxy, metrics, keys, ring, ffmpeg } = options;
    if let Some(path) = keys {
        tokio::spawn(watch_keys(app.vault().clone(), path));
    }
    app.db().read_ahead();
    let all = domains::all();
    let runs = jobs::spawn(app.clone(), &all);
    let site = web::Site::new(app.clone(), all);
    if let Some(at) = metrics {
        crate::metrics::serve(at, site.clone(), runs);
    }
    let estate = match ring {
        Some(root) => Some(video::run::start(&site, root).await?),
        None => None,
    };
    if let (Some(e), Some(path)) = (&estate, ffmpeg) {
        e.live().use_ffmpeg(path);
    }
    let router = web::router(site, identity::caller);
    let mut stop = std::pin::pin!(signal());
    let graceful = hyper_util::server::graceful::GracefulShutdown::new();
    let places = Arc::new(tokio::sync::Semaphore::new(2_000));
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(a) => a,
                Err(e) => {
                    tracing::warn!("accept: {e}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        if tls.is_none() && !may_speak_plainly(peer.ip(), proxy) {
            tokio::spawn(async move {
                let _place = place;
                turn_away(stream).await;
            });
            continue;
        }
        let (router, tls, watcher) = (router.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            serve_one(router, stream, peer, tls, proxy, watcher).await;
        });
    }
    // The sockets end and the files are finished while open requests come to their end.
    let cameras = async {
        if let Some(e) = estate {
            e.stop().await;
        }
    };
    let requests = async {
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(Duration::from_secs(10)) => {}
        }
    };
    tokio::join!(cameras, requests);
    app.db().close().await;
    Ok(())
}

/// Without TLS only this machine and the named proxy are answered.
fn may_speak_plainly(peer: IpAddr, proxy: Option<IpAddr>) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || proxy.is_some_and(|p| p.to_canonical() == peer)
}

/// Tells somebody who came past the proxy, in the few bytes that need no parsing of what they sent.
async fn turn_away(mut stream: TcpStream) {
    use tokio::io::AsyncWriteExt;
    const ANSWER: &str = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n请经反向代理访问：这里只接受它的明文连接。\n";
    let _ = tokio::time::timeout(Duration::from_secs(2), stream.write_all(ANSWER.as_bytes())).await;
}

async fn serve_one(
    router: axum::Router,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<tokio_rustls::TlsAcceptor>,
    proxy: Option<IpAddr>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _ = stream.set_nodelay(true);
    let router = router.layer(axum::middleware::from_fn(move |req: Request, next: Next| mark(req, next, peer.ip(), proxy)));
    let service = hyper::service::service_fn(move |req: hyper::Request<hyper::body::Incoming>| router.clone().call(req));
    let mut builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(hyper_util::rt::TokioTimer::new()).header_read_timeout(Duration::from_secs(15));
    let _ = match tls {
        Some(tls) => match tokio::time::timeout(Duration::from_secs(10), tls.accept(stream)).await {
            Ok(Ok(stream)) => watcher.watch(builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned()).await,
            _ => return,
        },
        None => watcher.watch(builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned()).await,
    };
}

/// Writes the visitor's address into a header of our own; what came from outside under that name
/// is thrown away. Only the named proxy is believed about `X-Forwarded-For`.
async fn mark(mut req: Request, next: Next, peer: IpAddr, proxy: Option<IpAddr>) -> Response {
    let forwarded = proxy
        .is_some_and(|p| p.to_canonical() == peer.to_canonical())
        .then(|| req.headers().get("x-forwarded-for")?.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok())
        .flatten();
    let ip = forwarded.unwrap_or(peer);
    if let Ok(value) = HeaderValue::from_str(&ip.to_string()) {
        req.headers_mut().insert("x-client-ip", value);
    }
    next.run(req).await
}

async fn signal() {
    let ctrl_c = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        if let Ok(mut term) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            tokio::select! {
                _ = ctrl_c => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    let _ = ctrl_c.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_proxy_nobody_is_answered_without_tls() {
        let ip = |s: &str| s.parse::<IpAddr>().expect("an address");
        let proxy = Some(ip("10.99.99.99"));
        assert!(may_speak_plainly(ip("10.99.99.99"), proxy));
        assert!(may_speak_plainly(ip("::ffff:10.99.99.99"), proxy));
        assert!(may_speak_plainly(ip("127.0.0.1"), None));
        assert!(!may_speak_plainly(ip("192.0.2.2"), proxy));
        assert!(!may_speak_plainly(ip("10.99.99.98"), None));
    }

    #[tokio::test]
    async fn keys_rotated_beside_a_running_server_are_taken_on() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("keys.toml");
        let mut keys = vault::KeyFile::create(&path, "sm", "2026-05-08").expect("keys");
        let running = vault::Vault::new(keys.clone());
        let watch = tokio::spawn(watch_keys(running.clone(), path.clone()));
        let id = keys.rotate(vault::KeyKind::Data, "2026-06-01").expect("a key");
        keys.save(&path).expect("saved");
        let taken_on = || running.keys().describe().iter().any(|k| k.id == id && k.active);
        for _ in 0..100 {
            if taken_on() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert!(taken_on());
        watch.abort();
    }
}
