//! The process of a daemon under measurement.

use std::fs;
use std::process::Child;

/// A running `zapgres run`; dropped, it is killed.
pub struct DaemonProcess(pub Child);

impl DaemonProcess {
    /// Fails when it has ended; what it said is in the file of that name.
    pub fn assert_runs(&mut self, log: &str) {
        let ended = self.0.try_wait().expect("look after the daemon");
        assert!(ended.is_none(), "the daemon ended: see {log}");
    }

    /// Resident memory, in MiB.
    pub fn resident_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let status = status.expect("its status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        let kib: f64 = line
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number of kB");
        kib / 1024.0
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.0.kill().expect("kill the daemon");
        self.0.wait().expect("wait for the daemon");
    }
}

impl Drop for DaemonProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
