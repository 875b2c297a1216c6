//! `fengqiao`: the one program of a community police station. All of it is in the library beside this file.

/// Pages are made of many small pieces of text; the system's allocator took a tenth of the time of a page.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "warn,fengqiao=info".into()),
        )
        .with_target(false)
        // A line that cannot be written is lost: told on the other stream it would end the task when that is full as well.
        .log_internal_errors(false)
        .init();
    // The database, recordings, backups and the demo's passwords are nobody else's to read.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    fengqiao::cli::run()
}
