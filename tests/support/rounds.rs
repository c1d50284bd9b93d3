//! `provost reconcile` as a process, ended with its test; its rounds are waited for by its own log and metrics.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Far above what anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A loop that runs, ended with the test.
pub(crate) struct Loop {
    child: Child,
    pub(crate) address: String,
    log: Receiver<String>,
    said: Vec<String>,
}

impl Loop {
    /// Starts it on that course and waits until it listens.
    pub(crate) fn start(course: &str, endpoint: &str, flags: &[&str]) -> Self {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("provost"))
            .args(["reconcile", course, "--listen", "127.0.0.1:0"])
            .args(if flags.contains(&"--every") { &[][..] } else { &["--every", "1s"] })
            .args(flags)
            .env_clear()
            .env("PROVOST_ENDPOINT", endpoint)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, log) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut this = Self { child, address: String::new(), log, said: Vec::new() };
        let line = this.hear("listening on http://");
        let address = line.split("http://").nth(1).unwrap();
        let end = |c: char| c == '"' || c.is_whitespace();
        address.split(end).next().unwrap().clone_into(&mut this.address);
        this
    }

    /// Waits until the log has a line with these words.
    #[track_caller]
    pub(crate) fn hear(&mut self, words: &str) -> String {
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE) else {
                panic!("never said `{words}`, but:\n{}", self.said.join("\n"));
            };
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// The status and the body of an answer.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// A metric, with its labels.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.get("/metrics");
        let value =
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
        value.map_or(0, |value| value.parse().unwrap())
    }

    pub(crate) fn rounds(&self, result: &str) -> u64 {
        self.metric(&format!("provost_reconcile_rounds_total{{result=\"{result}\"}}"))
    }

    /// Waits until another round has ended so.
    #[track_caller]
    pub(crate) fn another(&self, result: &str) {
        let before = self.rounds(result);
        self.until(&format!("another round is {result}"), || self.rounds(result) > before);
    }

    #[track_caller]
    pub(crate) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "never: {what}\n{}", self.get("/metrics").1);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop, and gives its exit code and the rest of its log.
    pub(crate) fn stop(&mut self) -> (Option<i32>, String) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let code = self.child.wait().unwrap().code();
        self.said.extend(self.log.iter());
        (code, self.said.join("\n"))
    }

    /// A line of its memory, in KiB: `VmRSS`, `RssAnon`.
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
