//! Buckets and repositories.

use insta::assert_snapshot;

use crate::check::{wrong, wrong_folder};

#[test]
fn location_of_a_bucket_is_no_zone() {
    let spec = "
        kind: Bucket
        name: my-files
        location: europe-west9-a
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-location]: `europe-west9-a` is not a location
     --> spec.yaml:3:11
      |
    3 | location: europe-west9-a
      |           ^^^^^^^^^^^^^^ write a region like `europe-west9`, or `EU`, `US`, `ASIA`
      |
    help: `europe-west9-a` is a zone of the region `europe-west9`
      |
    3 - location: europe-west9-a
    3 + location: europe-west9
      |

    1 error.
    ");
}

#[test]
fn location_that_is_none() {
    let spec = "
        kind: Bucket
        name: my-files
        location: Toulouse
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-location]: `Toulouse` is not a location
     --> spec.yaml:3:11
      |
    3 | location: Toulouse
      |           ^^^^^^^^ write a region like `europe-west9`, or `EU`, `US`, `ASIA`

    1 error.
    ");
}

#[test]
fn class_that_is_nearly_one() {
    let spec = "
        kind: Bucket
        name: my-files
        storageClass: nearlin
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-storage-class]: `nearlin` is not a class of objects
     --> spec.yaml:3:15
      |
    3 | storageClass: nearlin
      |               ^^^^^^^ the classes are STANDARD, NEARLINE, COLDLINE, ARCHIVE
      |
    help: did you mean `NEARLINE`?
      |
    3 - storageClass: nearlin
    3 + storageClass: NEARLINE
      |

    1 error.
    ");
}

#[test]
fn class_that_is_none() {
    let spec = "
        kind: Bucket
        name: my-files
        storageClass: cheap
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-storage-class]: `cheap` is not a class of objects
     --> spec.yaml:3:15
      |
    3 | storageClass: cheap
      |               ^^^^^ the classes are STANDARD, NEARLINE, COLDLINE, ARCHIVE

    1 error.
    ");
}

#[test]
fn soft_delete_is_nothing_or_a_week_to_a_quarter() {
    let spec = "
        kind: Bucket
        name: my-files
        softDelete: 3d
    ";
    assert_snapshot!(wrong(spec), @"
    error[soft-delete]: the API takes 0, or 7 to 90 days
     --> spec.yaml:3:13
      |
    3 | softDelete: 3d
      |             ^^
      |
    help: write `0s`, or `7d` to `90d`

    1 error.
    ");
}

#[test]
fn duration_has_a_unit() {
    let spec = "
        kind: Bucket
        name: my-files
        retentionPeriod: 3 fortnights
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-duration]: `3 fortnights` is not a duration
     --> spec.yaml:3:18
      |
    3 | retentionPeriod: 3 fortnights
      |                  ^^^^^^^^^^^^ write `30d`, `12h`, `90m`, `1h 30m` or `2592000s`

    1 error.
    ");
}

#[test]
fn date_has_a_form() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: Delete
          condition: { createdBefore: 31/12/2026 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-date]: `31/12/2026` is not a day
     --> spec.yaml:5:31
      |
    5 |   condition: { createdBefore: 31/12/2026 }
      |                               ^^^^^^^^^^ write it like `2026-12-31`

    1 error.
    ");
}

#[test]
fn date_is_in_the_calendar() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: Delete
          condition: { createdBefore: 2026-02-30 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[bad-date]: `2026-02-30` is not a day
     --> spec.yaml:5:31
      |
    5 |   condition: { createdBefore: 2026-02-30 }
      |                               ^^^^^^^^^^ write it like `2026-12-31`

    1 error.
    ");
}

#[test]
fn lifecycle_rule_has_a_condition() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: Delete
          condition: {}
    ";
    assert_snapshot!(wrong(spec), @"
    error[missing-field]: `condition` must not be empty
     --> spec.yaml:5:3
      |
    5 |   condition: {}
      |   ^^^^^^^^^
      |
    help: write at least one of `age`, `createdBefore`, `customTimeBefore`, `daysSinceCustomTime`, `daysSinceNoncurrentTime`, `noncurrentTimeBefore`, `isLive`, `matchesStorageClass`, `matchesPrefix`, `matchesSuffix`, `numNewerVersions`

    1 error.
    ");
}

#[test]
fn lifecycle_class_is_named() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: SetStorageClass
          condition: { age: 30 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[lifecycle-rule]: `SetStorageClass` needs the class
     --> spec.yaml:4:11
      |
    4 | - action: SetStorageClass
      |           ^^^^^^^^^^^^^^^
      |
    help: add `storageClass: NEARLINE`

    1 error.
    ");
}

#[test]
fn lifecycle_class_belongs_to_its_action() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: Delete
          storageClass: NEARLINE
          condition: { age: 30 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[lifecycle-rule]: only `SetStorageClass` takes a class
     --> spec.yaml:5:17
      |
    5 |   storageClass: NEARLINE
      |                 ^^^^^^^^
      |
    help: remove `storageClass`, or set `action: SetStorageClass`

    1 error.
    ");
}

#[test]
fn lifecycle_action_is_a_known_one() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: delete
          condition: { age: 30 }
    ";
    assert_snapshot!(wrong(spec), @"
    error[not-one-of]: `action` must be one of `Delete`, `SetStorageClass`, `AbortIncompleteMultipartUpload`, and is `delete`
     --> spec.yaml:4:11
      |
    4 | - action: delete
      |           ^^^^^^
      |
    help: did you mean `Delete`?
      |
    4 - - action: delete
    4 + - action: Delete
      |

    1 error.
    ");
}

#[test]
fn unfinished_uploads_have_few_conditions() {
    let spec = "
        kind: Bucket
        name: my-files
        lifecycle:
        - action: AbortIncompleteMultipartUpload
          condition: { age: 30, isLive: true }
    ";
    assert_snapshot!(wrong(spec), @"
    error[lifecycle-rule]: unfinished uploads are matched by age, prefix and suffix only
     --> spec.yaml:5:3
      |
    5 |   condition: { age: 30, isLive: true }
      |   ^^^^^^^^^
      |
    help: remove the other conditions

    1 error.
    ");
}

#[test]
fn file_that_is_not_there() {
    let spec = "
        kind: Bucket
        name: my-files
        files:
        - from: sites
    ";
    assert_snapshot!(wrong(spec), @"
    error[file-not-found]: there is no file or folder `sites` in the course folder
     --> spec.yaml:4:9
      |
    4 | - from: sites
      |         ^^^^^
      |
    help: paths are relative to the course folder

    1 error.
    ");
}

#[test]
fn object_that_two_files_make() {
    let spec = "
        kind: Bucket
        name: my-files
        files:
        - { from: site/index.html, to: page }
        - { from: site/style.css, to: page }
    ";
    assert_snapshot!(wrong(spec), @"
    error[object-twice]: `page` would be made from both `site/index.html` and `site/style.css`
     --> spec.yaml:5:11
      |
    5 | - { from: site/style.css, to: page }
      |           ^^^^^^^^^^^^^^
      |
    help: give one of them another `to`

    1 error.
    ");
}

#[test]
fn registry_has_a_known_format() {
    let spec = "
        kind: Registry
        name: images
        format: dockr
    ";
    assert_snapshot!(wrong(spec), @"
    error[not-one-of]: `format` must be one of `DOCKER`, `MAVEN`, `NPM`, `PYTHON`, `APT`, `YUM`, `GO`, `KFP`, `GENERIC`, `RUBY`, and is `dockr`
     --> spec.yaml:3:9
      |
    3 | format: dockr
      |         ^^^^^
      |
    help: did you mean `DOCKER`?
      |
    3 - format: dockr
    3 + format: DOCKER
      |

    1 error.
    ");
}

#[test]
fn only_docker_has_immutable_tags() {
    let spec = "
        kind: Registry
        name: images
        format: PYTHON
        immutableTags: true
    ";
    assert_snapshot!(wrong(spec), @"
    error[docker-only]: only Docker repositories have tags that can be immutable
     --> spec.yaml:4:16
      |
    4 | immutableTags: true
      |                ^^^^
      |
    help: remove it

    1 error.
    ");
}

#[test]
fn cleanup_keeps_by_count() {
    let spec = "
        kind: Registry
        name: images
        cleanupPolicies:
          old: { action: DELETE, mostRecentVersions: { keepCount: 3 } }
    ";
    assert_snapshot!(wrong(spec), @"
    error[cleanup-policy]: `mostRecentVersions` says what to keep
     --> spec.yaml:4:3
      |
    4 |   old: { action: DELETE, mostRecentVersions: { keepCount: 3 } }
      |   ^^^
      |
    help: use it with `action: KEEP`

    1 error.
    ");
}

#[test]
fn cleanup_chooses_versions_in_one_way() {
    let spec = "
        kind: Registry
        name: images
        cleanupPolicies:
          none: { action: DELETE }
          both: { action: KEEP, condition: { tagState: TAGGED }, mostRecentVersions: { keepCount: 3 } }
    ";
    assert_snapshot!(wrong(spec), @"
    error[cleanup-policy]: a policy needs `condition` or `mostRecentVersions`
     --> spec.yaml:4:3
      |
    4 |   none: { action: DELETE }
      |   ^^^^
      |
    help: say which versions: `condition: {olderThan: 30d}`

    error[cleanup-policy]: a policy has either `condition` or `mostRecentVersions`
     --> spec.yaml:5:3
      |
    5 |   both: { action: KEEP, condition: { tagState: TAGGED }, mostRecentVersions: { keepCount: 3 } }
      |   ^^^^
      |
    help: make two policies of it

    2 errors.
    ");
}

#[test]
fn place_of_a_bucket_is_known() {
    let found = wrong_folder(&[(
        "course.yaml",
        "
            kind: Course
            name: be-cloud
            project: my-project
            ---
            kind: Bucket
            name: my-files
            ---
            kind: Registry
            name: images
        ",
    )]);
    assert_snapshot!(found, @"
    error[missing-location]: neither the bucket nor the course says where it is
     --> course.yaml:5:1
      |
    5 | kind: Bucket
      | ^^^^
      |
    help: add `location: europe-west1`, or `region:` to the Course

    error[missing-location]: neither the registry nor the course says where it is
     --> course.yaml:8:1
      |
    8 | kind: Registry
      | ^^^^
      |
    help: add `location: europe-west1`, or `region:` to the Course

    2 errors.
    ");
}
