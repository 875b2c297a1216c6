//! Child processes and what they cost, as the system counts it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that ends when it is dropped.
pub struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts a program whose standard input and output we hold.
    pub fn start(command: &mut Command) -> std::io::Result<Running> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, lines) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        Ok(Running { child, input, lines })
    }

    /// This program with other arguments.
    pub fn own(args: &[&str]) -> std::io::Result<Running> {
        Running::start(Command::new(std::env::current_exe()?).args(args))
    }

    /// The next line it prints.
    pub fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if let Some(l) = &mut self.lines {
            l.read_line(&mut line)?;
        }
        Ok(line.trim().into())
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends its standard input and waits.
    pub fn finish(&mut self) -> std::io::Result<()> {
        self.input = None;
        self.child.wait().map(|_| ())
    }

    /// Ends it as a keyboard would (SIGINT), so that it finishes its files.
    pub fn interrupt(&mut self) -> std::io::Result<()> {
        Command::new("kill").args(["-INT", &self.id().to_string()]).status()?;
        self.child.wait().map(|_| ())
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Processor time of a process so far, seconds (`proc(5)`: fields 14 and 15, in hundredths).
pub fn processor(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or("");
    let field = |n: usize| after.split_whitespace().nth(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (field(11) + field(12)) / 100.0
}

/// Memory of a process with its share of what it shares (PSS), bytes.
pub fn memory(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("Pss:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
