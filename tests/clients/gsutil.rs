//! gsutil: it speaks https only, so a TLS door (`python/tls.py`) stands before the sandbox.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::ground::{self, Ground, installed};
use super::python;
use crate::support;

struct Gsutil {
    ground: Ground,
    program: PathBuf,
    door: Child,
}

impl Drop for Gsutil {
    fn drop(&mut self) {
        // It may have ended by itself; nothing is left to do then.
        let _ = self.door.kill();
        let _ = self.door.wait();
    }
}

impl Gsutil {
    fn with(project: &'static str) -> Option<Self> {
        let (program, python) = (installed("gsutil")?, python::python()?);
        let ground = Ground::with(project, &[]);
        let mut door = Command::new(python);
        door.args([&python::script("tls"), &ground.endpoint]).arg(ground.path(""));
        let mut door = door.stdout(Stdio::piped()).spawn().unwrap();
        let port = ground::first_line(&mut door);
        let config = format!(
            "[Credentials]\ngs_json_host = 127.0.0.1\ngs_json_port = {port}\n\
             [Boto]\nhttps_validate_certificates = False\nnum_retries = 1\n\
             [GSUtil]\nprefer_api = json\ndefault_project_id = {project}\nsoftware_update_check_period = 0\n"
        );
        ground.write("boto", &config);
        Some(Self { ground, program, door })
    }

    fn run(&self, line: &str) -> support::Said {
        let mut command = self.ground.client(&self.program);
        command.env("BOTO_CONFIG", self.ground.path("boto")).env("HOME", self.ground.path(""));
        support::run(command.args(line.split_whitespace()))
    }

    #[track_caller]
    fn ok(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(said.code, 0, "gsutil {line}\n{}", said.all());
        said.out
    }
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gsutil_keeps_buckets_and_objects() {
    let Some(gsutil) = Gsutil::with("be-gsutil") else { return };
    gsutil.ground.write("hello.txt", "hello\n");
    gsutil.ground.write("be/owl/app.py", "print('owl')\n");
    gsutil.ok("mb -l europe-west1 -b on gs://be-gsutil-box");
    assert_eq!(gsutil.ok("ls"), "gs://be-gsutil-box/\n");
    assert!(gsutil.ok("ls -L -b gs://be-gsutil-box").contains("Bucket Policy Only enabled:\tTrue"));
    gsutil.ok("cp hello.txt gs://be-gsutil-box/");
    gsutil.ok("-m cp -r be gs://be-gsutil-box/");
    assert_eq!(gsutil.ok("cat gs://be-gsutil-box/hello.txt"), "hello\n");
    let listed = gsutil.ok("ls gs://be-gsutil-box/**");
    assert_eq!(listed, "gs://be-gsutil-box/be/owl/app.py\ngs://be-gsutil-box/hello.txt\n");
    gsutil.ok("cp gs://be-gsutil-box/be/owl/app.py back.py");
    assert_eq!(gsutil.ground.read("back.py"), "print('owl')\n");
    gsutil.ok("rsync -r be gs://be-gsutil-box/copy");
    assert!(gsutil.ok("stat gs://be-gsutil-box/copy/owl/app.py").contains("Content-Length:         13"));
    gsutil.ok("iam ch allUsers:objectViewer gs://be-gsutil-box");
    let policy = serde_json::from_str(&gsutil.ok("iam get gs://be-gsutil-box")).unwrap();
    assert_eq!(ground::members(&policy, "roles/storage.objectViewer"), ["allUsers"]);
    gsutil.ok("iam ch -d allUsers gs://be-gsutil-box");
    gsutil.ok("label ch -l course:be gs://be-gsutil-box");
    assert!(gsutil.ok("label get gs://be-gsutil-box").contains("\"course\": \"be\""));
    let refused = gsutil.run("rb gs://be-gsutil-box");
    assert!(refused.code != 0 && refused.err.contains("BucketNotEmpty"), "{}", refused.all());
    gsutil.ok("-m rm gs://be-gsutil-box/**");
    gsutil.ok("rb gs://be-gsutil-box");
    assert_eq!(gsutil.ok("ls"), "");
}
