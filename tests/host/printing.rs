//! What is printed arrives, or its loss is an error; and paths of any kind can be printed.

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::fs::{self, File};
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::process::{Command, Output, Stdio};
    use std::time::{Duration, Instant};

    use assert_cmd::cargo::cargo_bin;

    use crate::program::{digit_folder, directory, program, text};

    /// The program by a shell, as "$0", which redirects it.
    fn by_shell(line: &str) -> Output {
        Command::new("sh")
            .args(["-c", line])
            .arg(cargo_bin("lenet-gpu"))
            .output()
            .unwrap()
    }

    fn error_in(output: &Output) -> String {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!error.contains("panicked"), "{error}");
        error
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn output_that_is_lost_is_an_error() {
        for line in [
            r#""$0" summary > /dev/full"#,
            r#""$0" summary --json > /dev/full"#,
        ] {
            let output = by_shell(line);
            assert_eq!(output.status.code(), Some(1), "{line}");
            let error = error_in(&output);
            assert!(
                error.contains("standard output cannot be written"),
                "{error}"
            );
        }
        assert_eq!(
            by_shell(r#""$0" --help > /dev/full"#).status.code(),
            Some(1)
        );
        let output = by_shell(r#""$0" summary >&-"#);
        assert_eq!(output.status.code(), Some(1));
        assert!(error_in(&output).contains("standard output is closed"));
    }

    #[test]
    fn a_reader_who_has_seen_enough_is_no_error() {
        let line = r#"{ "$0" summary; echo "rc $?" >&2; } | true"#;
        assert_eq!(error_in(&by_shell(line)), "rc 0\n");
    }

    /// A name that is no Unicode.
    fn odd(directory: &Path, name: &[u8]) -> std::path::PathBuf {
        directory.join(OsStr::from_bytes(name))
    }

    #[test]
    // Other systems refuse such names.
    #[cfg(target_os = "linux")]
    fn paths_need_not_be_unicode() {
        let (directory, data) = (directory(), digit_folder(64, 20));
        let run = odd(directory.path(), b"run\xff");
        let train = [
            "train",
            "--json",
            "--adapter",
            "cpu",
            "--passes",
            "1",
            "--data",
        ];
        program(
            directory.path(),
            &[&train[..], &[text(data.path())]].concat(),
        )
        .arg("--out")
        .arg(&run)
        .assert()
        .success();
        let picture = odd(directory.path(), b"x\xff.png");
        crate::cli::picture(0).save(&picture).unwrap();
        for command in ["predict", "inspect"] {
            program(directory.path(), &[command, "--json", "-m"])
                .arg(&run)
                .arg(&picture)
                .assert()
                .success();
        }
        assert!(odd(directory.path(), b"x\xff-layers.png").is_file());
    }

    /// As `nohup` does, which a terminal's end must not end.
    #[test]
    fn a_signal_that_is_ignored_stays_ignored() {
        let (directory, data) = (directory(), digit_folder(500, 20));
        let run = directory.path().join("run");
        let line = r#"trap '' HUP; exec "$@""#;
        let mut child = Command::new("sh")
            .args(["-c", line, "sh"])
            .arg(cargo_bin("lenet-gpu"))
            .args(["train", "--adapter", "cpu", "--passes", "12", "--data"])
            .arg(data.path())
            .arg("--out")
            .arg(&run)
            .stdout(Stdio::null())
            .stderr(File::create(directory.path().join("errors")).unwrap())
            .spawn()
            .unwrap();
        let limit = Instant::now() + Duration::from_secs(60);
        while !run.join("metrics.csv").exists() && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(10));
        }
        let hang_up = Command::new("sh")
            .args(["-c", &format!("kill -HUP {}", child.id())])
            .status();
        assert!(hang_up.unwrap().success());
        assert!(child.wait().unwrap().success());
        let rows = fs::read_to_string(run.join("metrics.csv")).unwrap();
        assert_eq!(rows.lines().count(), 13);
    }
}
