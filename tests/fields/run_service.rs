//! Every field of a service of Cloud Run.

use crate::fields::table::{Table, row};

const TOKEN: &str = "secretEnv: {TOKEN: {secret: api-token}}";

pub(super) fn table() -> Table {
    Table {
        kind: "RunService",
        base: "{kind: RunService, name: api, image: 'nginx:1'}",
        others: "{kind: ServiceAccount, name: runner}",
        wire: "/v2/projects/PROJECT/locations/europe-west1/services/api",
        rows: vec![
            row("region", "region: europe-west1", "region: europe-west4").replaces("cannot be moved"),
            row("image", "", "image: 'nginx:2'").wire("/template/containers/0/image", r#""nginx:2""#),
            row("port", "port: 5000", "port: 6000")
                .wire("/template/containers/0/ports/0/containerPort", "6000")
                .wire("/template/containers/0/startupProbe/tcpSocket/port", "6000")
                .wire("/terminalCondition/state", r#""CONDITION_SUCCEEDED""#),
            row("port", "", "port: 8080").nothing(),
            row("port", "port: 5000", "").nothing(),
            row("env", "env: {A: one, B: two}", "env: {A: three}")
                .paths(&["env.A", "env.B"])
                .wire("/template/containers/0/env", r#"[{"name": "A", "value": "three"}]"#),
            row("env", "env: {A: one}", "env: {}")
                .paths(&["env.A"])
                .wire("/template/containers/0/env", "null"),
            row("env", "env: {A: one}", "").nothing(),
            row("env", TOKEN, "{env: {A: one}, secretEnv: {TOKEN: {secret: api-token}}}")
                .paths(&["env.A"])
                .wire("/template/containers/0/env/1/valueSource/secretKeyRef/secret", r#""api-token""#),
            row("secretEnv", "", TOKEN)
                .paths(&["secretEnv.TOKEN"])
                .wire("/template/containers/0/env/0/valueSource/secretKeyRef/version", r#""latest""#),
            row("secretEnv", TOKEN, "secretEnv: {TOKEN: {secret: api-token, version: '3'}}")
                .paths(&["secretEnv.TOKEN.version"])
                .wire("/template/containers/0/env/0/valueSource/secretKeyRef/version", r#""3""#),
            row(
                "secretEnv",
                TOKEN,
                "secretEnv: {TOKEN: {secret: projects/PROJECT/secrets/api-token/versions/3}}",
            )
            .paths(&["secretEnv.TOKEN.version"])
            .wire("/template/containers/0/env/0/valueSource/secretKeyRef/secret", r#""api-token""#)
            .wire("/template/containers/0/env/0/valueSource/secretKeyRef/version", r#""3""#),
            row(
                "secretEnv",
                TOKEN,
                "secretEnv: {TOKEN: {secret: projects/PROJECT/secrets/api-token, version: latest}}",
            )
            .nothing(),
            row("secretEnv", TOKEN, "secretEnv: {TOKEN: {secret: projects/other-1234/secrets/api-token}}")
                .paths(&["secretEnv.TOKEN.secret"])
                .wire(
                    "/template/containers/0/env/0/valueSource/secretKeyRef/secret",
                    r#""projects/other-1234/secrets/api-token""#,
                ),
            row("command", "", "command: [python, -m, app]")
                .wire("/template/containers/0/command", r#"["python", "-m", "app"]"#),
            row("args", "args: [a]", "args: [a, b]").wire("/template/containers/0/args", r#"["a", "b"]"#),
            row("args", "args: [a]", "args: []").wire("/template/containers/0/args", "null"),
            row("cpu", "", "{cpu: 2}").wire("/template/containers/0/resources/limits/cpu", r#""2000m""#),
            row("cpu", "", "cpu: 1000m").nothing(),
            row("memory", "", "memory: 1Gi")
                .wire("/template/containers/0/resources/limits/memory", r#""1Gi""#),
            row("memory", "memory: 1Gi", "memory: 1024Mi").nothing(),
            row("cpuIdle", "", "cpuIdle: false").wire("/template/containers/0/resources/cpuIdle", "null"),
            row("cpuIdle", "memory: 1Gi", "memory: 1Gi")
                .nothing()
                .wire("/template/containers/0/resources/cpuIdle", "true"),
            row("startupCpuBoost", "", "startupCpuBoost: true")
                .wire("/template/containers/0/resources/startupCpuBoost", "true"),
            row("minInstances", "", "minInstances: 1").wire("/template/scaling/minInstanceCount", "1"),
            row("minInstances", "minInstances: 1", "minInstances: 0")
                .wire("/template/scaling/minInstanceCount", "null"),
            row("maxInstances", "maxInstances: 3", "maxInstances: 5")
                .wire("/template/scaling/maxInstanceCount", "5"),
            row("concurrency", "", "concurrency: 10").wire("/template/maxInstanceRequestConcurrency", "10"),
            row("timeout", "timeout: 5m", "timeout: 10m").wire("/template/timeout", r#""600s""#),
            row("timeout", "", "timeout: 300s").nothing(),
            row("serviceAccount", "", "serviceAccount: runner")
                .wire("/template/serviceAccount", r#""runner@PROJECT.iam.gserviceaccount.com""#),
            row("serviceAccount", "", "serviceAccount: default").nothing(),
            row("serviceAccount", "serviceAccount: runner", "serviceAccount: default"),
            row("public", "", "public: true").wire("/invokerIamDisabled", "true"),
            row("public", "public: true", "public: false").wire("/invokerIamDisabled", "null"),
            row("ingress", "", "ingress: internal").wire("/ingress", r#""INGRESS_TRAFFIC_INTERNAL_ONLY""#),
            row("ingress", "", "ingress: all").nothing(),
            row("description", "description: one", "description: two").wire("/description", r#""two""#),
            row("description", "description: one", "description: ''").wire("/description", "null"),
            row("labels", "", "labels: {team: a}").paths(&["labels.team"]).wire("/labels/team", r#""a""#),
            row(
                "labels",
                "{labels: {team: a}, memory: 1Gi}",
                "{labels: {team: b}, memory: 2Gi, public: true}",
            )
            .paths(&["labels.team", "memory", "public"])
            .wire("/labels/team", r#""b""#)
            .wire("/invokerIamDisabled", "true")
            .wire("/template/containers/0/resources/limits/memory", r#""2Gi""#),
        ],
    }
}

#[test]
fn every_managed_field_is_tested() {
    table().covers_every_field();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_takes_what_the_api_says_and_arrives() {
    table().run().await;
}
