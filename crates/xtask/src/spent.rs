//! What a program and everything it starts cost the processors, in seconds: on a busy machine the only time that says
//! something. What a program did not wait for is not counted: of a browser that is killed, all but its first process.

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::io::{self, Read};
use std::process::{Command, Output};

/// In which `/proc` counts; Linux shows every program a hundred a second.
const TICKS: f64 = 100.0;

/// Of a process: its parent, and seconds of its own and of those that it waited for.
#[derive(Debug, PartialEq)]
struct Stat {
    parent: i32,
    seconds: f64,
}

impl Stat {
    /// From the text of `/proc/<pid>/stat`; the name in brackets may hold anything.
    fn read(text: &str) -> Option<Stat> {
        let words: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |n: usize| words.get(n)?.parse::<i32>().ok();
        Some(Stat { parent: number(1)?, seconds: f64::from((11..15).map(number).sum::<Option<i32>>()?) / TICKS })
    }

    fn of(pid: i32) -> Option<Stat> {
        Stat::read(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// Runs a command to its end; what of its output was piped, and seconds of processor time.
///
/// # Errors
/// It cannot be started or waited for.
pub(crate) fn run(command: &mut Command) -> io::Result<(Output, f64)> {
    let mut child = command.spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = std::thread::scope(|s| {
        let err = s.spawn(|| whole(err));
        (whole(out), err.join().unwrap_or_else(|_| Ok(vec![])))
    });
    // What it took stands there from its end until it is waited for.
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let seconds = pid.and_then(|pid| {
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).ok()?;
        Some(Stat::of(pid.as_raw_nonzero().get())?.seconds)
    });
    Ok((Output { status: child.wait()?, stdout: stdout?, stderr: stderr? }, seconds.unwrap_or(0.0)))
}

fn whole(from: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    from.map_or(Ok(0), |mut f| f.read_to_end(&mut bytes)).map(|_| bytes)
}

/// Seconds of a process that runs and of all its children, ended or not.
pub(crate) fn family(head: i32) -> f64 {
    let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| Some((pid, Stat::of(pid)?))).filter(|(pid, s)| *pid == head || s.parent == head).map(|(_, s)| s.seconds).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[test]
    fn a_line_of_proc_is_read_whatever_the_name() {
        let line = "7 (a) b (c) S 3 5 5 0 -1 4194560 1 2 3 4 150 50 20 30 20 0 1 0 9 8 7";
        assert_eq!(Stat::read(line), Some(Stat { parent: 3, seconds: 2.5 }));
        assert_eq!(Stat::read("7 (a"), None);
    }

    #[test]
    fn what_a_program_waited_for_is_counted() {
        let mut command = Command::new("sh");
        command.args(["-c", "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; echo done"]).stdout(Stdio::piped());
        let (out, seconds) = run(&mut command).unwrap();
        assert_eq!(out.stdout, b"done\n");
        assert!(seconds > 0.02, "{seconds}");
    }
}
