//! `serve`: who may speak without TLS, TLS from files with a real handshake, and what `/healthz` says when nothing is kept.

use crate::common::{Home, furnish, said};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::engines;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A running server; ended when dropped.
struct Running {
    child: Child,
    /// What it said when it was up.
    first: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.contains("枫桥已启动"), "{first}");
        Running { child, first }
    }
    fn port(&self) -> u16 {
        self.first.trim().rsplit(':').next().unwrap().parse().unwrap()
    }
}

fn serve(home: &Home, args: &[&str]) -> Running {
    Running::start(home.command(&[&["serve", "--no-video"], args].concat()))
}

/// A plain request; everything that came back.
fn ask(at: (IpAddr, u16), path: &str) -> String {
    let Ok(mut s) = TcpStream::connect(at) else { return String::new() };
    s.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = write!(s, "GET {path} HTTP/1.1\r\nHost: test.local\r\nConnection: close\r\n\r\n");
    let mut out = vec![];
    let _ = s.read_to_end(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// An address of this machine that is not loopback, where it has one.
fn outer() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing: only asks which address would be used.
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

#[tokio::test]
async fn without_tls_nothing_but_this_machine_and_the_named_proxy_is_answered() {
    let home = Home::new();
    furnish(&home).await;
    for at in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let text = home.refused(&["serve", "--listen", at]);
        assert!(text.contains("--tls-cert") && text.contains("--trusted-proxy"), "{at}: {text}");
    }
    assert!(home.refused(&["serve", "--listen", "here"]).contains("127.0.0.1:8080"));
    for half in ["--tls-cert", "--tls-key"] {
        let out = home.run(&["serve", "--listen", "0.0.0.0:0", half, "x.pem"]);
        assert!(!out.status.success() && said(&out).contains("缺少 --tls-"), "{}", said(&out));
    }
    let text = home.refused(&["serve", "--metrics", "0.0.0.0:0"]);
    assert!(text.contains("只能在本机监听") && text.contains("127.0.0.1:9464"), "{text}");
    // Behind the proxy on this machine: it is answered, everybody else is sent to it.
    let server = serve(&home, &["--listen", "0.0.0.0:0", "--trusted-proxy", "127.0.0.1"]);
    assert!(ask((HERE, server.port()), "/healthz").starts_with("HTTP/1.1 200"), "the proxy is not answered");
    if let Some(ip) = outer() {
        let answer = ask((ip, server.port()), "/healthz");
        assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("请经反向代理访问"), "{answer}");
    }
    let busy = format!("127.0.0.1:{}", server.port());
    let text = home.refused(&["serve", "--listen", &busy, "--no-video"]);
    assert!(text.contains("已被占用") && text.contains("--listen"), "{text}");
}

/// A root and a certificate for `localhost` under it, valid for these years, written as files.
struct Papers {
    cert: PathBuf,
    key: PathBuf,
    root: rustls_pki_types::CertificateDer<'static>,
}

fn papers(home: &Home, name: &str, years: (i32, i32)) -> Papers {
    let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "test root");
    let root_key = rcgen::KeyPair::generate().unwrap();
    let root = params.self_signed(&root_key).unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_string()]).unwrap();
    params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = params.signed_by(&key, &root, &root_key).unwrap();
    let (cert_path, key_path) = (home.path(&format!("{name}.pem")), home.path(&format!("{name}.key")));
    std::fs::write(&cert_path, cert.pem()).unwrap();
    std::fs::write(&key_path, key.serialize_pem()).unwrap();
    Papers { cert: cert_path, key: key_path, root: root.der().clone() }
}

/// A request over TLS by somebody who trusts this root.
async fn ask_tls(port: u16, root: &rustls_pki_types::CertificateDer<'static>, path: &str) -> std::io::Result<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = tokio::net::TcpStream::connect((HERE, port)).await?;
    let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
    let mut tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    tls.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut out = vec![];
    let _ = tls.read_to_end(&mut out).await;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[tokio::test]
async fn tls_comes_from_files_and_what_is_wrong_with_them_is_said_before_it_listens() {
    let home = Home::new();
    furnish(&home).await;
    let good = papers(&home, "good", (2020, 2090));
    let other = papers(&home, "other", (2020, 2090));
    let text = |p: &PathBuf| p.to_str().unwrap().to_string();
    let with = |cert: &PathBuf, key: &PathBuf| ["--listen".to_string(), "0.0.0.0:0".into(), "--tls-cert".into(), text(cert), "--tls-key".into(), text(key)];
    let start = |args: &[String; 6]| serve(&home, &args.iter().map(String::as_str).collect::<Vec<_>>());
    {
        let server = start(&with(&good.cert, &good.key));
        assert!(server.first.contains("https://"), "{}", server.first);
        let page = ask_tls(server.port(), &good.root, "/login").await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("登录"), "{page}");
        assert!(ask_tls(server.port(), &good.root, "/healthz").await.unwrap().ends_with("ok\n"));
        // Whoever trusts another root breaks off, and without TLS there is no answer.
        assert!(ask_tls(server.port(), &other.root, "/login").await.is_err());
        assert!(!ask((HERE, server.port()), "/login").contains("登录"));
        if let Some(ip) = outer() {
            assert!(!ask((ip, server.port()), "/login").contains("登录"));
        }
    }
    let write = |name: &str, bytes: &str| {
        let path = home.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let pem = std::fs::read_to_string(&good.cert).unwrap();
    let (torn, empty) = (write("torn.pem", &pem[..pem.len() / 2]), write("empty.pem", ""));
    let garbage = write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let missing = home.path("missing.pem");
    for (what, cert, key, says) in [
        ("no such certificate", &missing, &good.key, "missing.pem 读不出来"),
        ("half a certificate", &torn, &good.key, "torn.pem"),
        ("an empty file", &empty, &good.key, "empty.pem 里没有证书"),
        ("a certificate in name only", &garbage, &good.key, "garbage.pem"),
        ("the key in the place of the certificate", &good.key, &good.key, "good.key 里没有证书"),
        ("no such key", &good.cert, &missing, "missing.pem 里没有读出私钥"),
        ("the certificate in the place of the key", &good.cert, &good.cert, "good.pem 里没有读出私钥"),
        ("an empty key", &good.cert, &empty, "empty.pem 里没有读出私钥"),
        ("the key of another certificate", &good.cert, &other.key, "other.key 不是证书"),
    ] {
        let args = with(cert, key);
        let all: Vec<&str> = ["serve"].into_iter().chain(args.iter().map(String::as_str)).collect();
        let told = home.refused(&all);
        assert!(told.contains(says) && told.contains('请'), "{what}: {told}");
    }
    // Over, or not yet good: said, and served, because a station must not stand still for it; the client decides.
    for (years, says) in [((2000, 2020), "已经过期"), ((2080, 2090), "还没有到生效日期")] {
        let p = papers(&home, "date", years);
        let args = with(&p.cert, &p.key);
        let mut command = home.command(&[&["serve", "--no-video"][..], &args.iter().map(String::as_str).collect::<Vec<_>>()].concat());
        command.stderr(Stdio::piped());
        let mut server = Running::start(command);
        assert!(ask_tls(server.port(), &p.root, "/healthz").await.is_err(), "{says}: a client took it");
        server.child.kill().unwrap();
        let mut told = String::new();
        server.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(told.contains(says) && told.contains("date.pem"), "{told}");
    }
}

/// Asks until the answer begins so; what it was at last.
fn until(port: u16, begin: &str) -> String {
    let begun = Instant::now();
    loop {
        let answer = ask((HERE, port), "/healthz");
        if answer.starts_with(begin) || begun.elapsed() > Duration::from_secs(60) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[tokio::test]
async fn healthz_says_when_nothing_is_kept_and_when_it_is_good_again() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    for engine in engines() {
        let home = Home::on(engine).await;
        furnish(&home).await;
        // A file that may not grow answers with an error, not with a signal that ends the program.
        let inner = home.command(&["serve", "--no-video", "--listen", "127.0.0.1:0"]);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
        // Its log stands on the same full disk.
        command.stderr(std::fs::File::create(home.path("log")).unwrap());
        let server = Running::start(command);
        assert!(ask((HERE, server.port()), "/healthz").ends_with("ok\n"), "{engine}");
        let pid = Pid::from_raw(server.child.id() as i32).unwrap();
        let was = prlimit(Some(pid), Resource::Fsize, Rlimit { current: Some(0), maximum: None }).unwrap();
        let answer = until(server.port(), "HTTP/1.1 503");
        let says = if engine == "sqlite" { "degraded: the database is not writable" } else { "degraded: the data directory is not writable" };
        assert!(answer.ends_with(&format!("{says}\n")), "{engine}: {answer}");
        assert!(ask((HERE, server.port()), "/login").starts_with("HTTP/1.1 200"), "{engine}: reading goes on");
        prlimit(Some(pid), Resource::Fsize, was).unwrap();
        assert!(until(server.port(), "HTTP/1.1 200").ends_with("ok\n"), "{engine}");
        if let Some(url) = &home.database {
            // A database that takes nothing new: a standby, or one set so.
            use sqlx::Connection;
            let (head, name) = url.rsplit_once('/').unwrap();
            let mut c = sqlx::PgConnection::connect(&format!("{head}/postgres")).await.unwrap();
            for text in [
                format!("alter database {name} set default_transaction_read_only = on"),
                format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
            ] {
                let text: &'static str = Box::leak(text.into_boxed_str());
                sqlx::query(text).execute(&mut c).await.unwrap();
            }
            let answer = until(server.port(), "HTTP/1.1 503");
            assert!(answer.contains("degraded: the database"), "{answer}");
        }
    }
}
