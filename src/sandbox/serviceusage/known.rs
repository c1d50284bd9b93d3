//! The services that the sandbox knows by name, with their titles, and what each one needs enabled.
//!
//! Google has some hundreds; these are the ones a course project meets, plus enough of the others that the
//! enabled list and the "not found" answer mean something.

/// Id and title of every service that may be asked about, sorted by id.
pub(super) const KNOWN: &[(&str, &str)] = &[
    ("abusiveexperiencereport.googleapis.com", "Abusive Experience Report API"),
    ("accessapproval.googleapis.com", "Access Approval API"),
    ("accesscontextmanager.googleapis.com", "Access Context Manager API"),
    ("admin.googleapis.com", "Admin SDK API"),
    ("aiplatform.googleapis.com", "Vertex AI API"),
    ("alloydb.googleapis.com", "AlloyDB API"),
    ("analyticshub.googleapis.com", "Analytics Hub API"),
    ("anthos.googleapis.com", "Anthos API"),
    ("anthosaudit.googleapis.com", "Anthos Audit API"),
    ("apigateway.googleapis.com", "API Gateway API"),
    ("apigee.googleapis.com", "Apigee API"),
    ("apikeys.googleapis.com", "API Keys API"),
    ("appengine.googleapis.com", "App Engine Admin API"),
    ("appengineflex.googleapis.com", "Google App Engine Flexible Environment"),
    ("artifactregistry.googleapis.com", "Artifact Registry API"),
    ("autoscaling.googleapis.com", "Cloud Autoscaling API"),
    ("batch.googleapis.com", "Batch API"),
    ("bigquery.googleapis.com", "BigQuery API"),
    ("bigqueryconnection.googleapis.com", "BigQuery Connection API"),
    ("bigquerydatapolicy.googleapis.com", "BigQuery Data Policy API"),
    ("bigquerydatatransfer.googleapis.com", "BigQuery Data Transfer API"),
    ("bigquerymigration.googleapis.com", "BigQuery Migration API"),
    ("bigqueryreservation.googleapis.com", "BigQuery Reservation API"),
    ("bigquerystorage.googleapis.com", "BigQuery Storage API"),
    ("bigtable.googleapis.com", "Cloud Bigtable API"),
    ("bigtableadmin.googleapis.com", "Cloud Bigtable Admin API"),
    ("billingbudgets.googleapis.com", "Cloud Billing Budget API"),
    ("binaryauthorization.googleapis.com", "Binary Authorization API"),
    ("calendar-json.googleapis.com", "Google Calendar API"),
    ("certificatemanager.googleapis.com", "Certificate Manager API"),
    ("classroom.googleapis.com", "Google Classroom API"),
    ("cloudaicompanion.googleapis.com", "Gemini for Google Cloud API"),
    ("cloudapis.googleapis.com", "Google Cloud APIs"),
    ("cloudasset.googleapis.com", "Cloud Asset API"),
    ("cloudbilling.googleapis.com", "Cloud Billing API"),
    ("cloudbuild.googleapis.com", "Cloud Build API"),
    ("clouddeploy.googleapis.com", "Cloud Deploy API"),
    ("clouderrorreporting.googleapis.com", "Error Reporting API"),
    ("cloudfunctions.googleapis.com", "Cloud Functions API"),
    ("cloudidentity.googleapis.com", "Cloud Identity API"),
    ("cloudkms.googleapis.com", "Cloud Key Management Service (KMS) API"),
    ("cloudprofiler.googleapis.com", "Cloud Profiler API"),
    ("cloudresourcemanager.googleapis.com", "Cloud Resource Manager API"),
    ("cloudscheduler.googleapis.com", "Cloud Scheduler API"),
    ("cloudtasks.googleapis.com", "Cloud Tasks API"),
    ("cloudtrace.googleapis.com", "Cloud Trace API"),
    ("composer.googleapis.com", "Cloud Composer API"),
    ("compute.googleapis.com", "Compute Engine API"),
    ("connectors.googleapis.com", "Connectors API"),
    ("container.googleapis.com", "Kubernetes Engine API"),
    ("containeranalysis.googleapis.com", "Container Analysis API"),
    ("containerfilesystem.googleapis.com", "Container File System API"),
    ("containerregistry.googleapis.com", "Container Registry API"),
    ("containerscanning.googleapis.com", "Container Scanning API"),
    ("datacatalog.googleapis.com", "Google Cloud Data Catalog API"),
    ("dataflow.googleapis.com", "Dataflow API"),
    ("dataform.googleapis.com", "Dataform API"),
    ("datafusion.googleapis.com", "Cloud Data Fusion API"),
    ("dataplex.googleapis.com", "Cloud Dataplex API"),
    ("dataproc.googleapis.com", "Cloud Dataproc API"),
    ("datastore.googleapis.com", "Cloud Datastore API"),
    ("datastream.googleapis.com", "Datastream API"),
    ("deploymentmanager.googleapis.com", "Cloud Deployment Manager V2 API"),
    ("dialogflow.googleapis.com", "Dialogflow API"),
    ("discoveryengine.googleapis.com", "Discovery Engine API"),
    ("dlp.googleapis.com", "Sensitive Data Protection (DLP)"),
    ("dns.googleapis.com", "Cloud DNS API"),
    ("docs.googleapis.com", "Google Docs API"),
    ("documentai.googleapis.com", "Cloud Document AI API"),
    ("drive.googleapis.com", "Google Drive API"),
    ("edgecache.googleapis.com", "Edge Cache API"),
    ("edgecontainer.googleapis.com", "Distributed Cloud Edge Container API"),
    ("edgenetwork.googleapis.com", "Distributed Cloud Edge Network API"),
    ("essentialcontacts.googleapis.com", "Essential Contacts API"),
    ("eventarc.googleapis.com", "Eventarc API"),
    ("file.googleapis.com", "Cloud Filestore API"),
    ("firebase.googleapis.com", "Firebase Management API"),
    ("firebaserules.googleapis.com", "Firebase Rules API"),
    ("firestore.googleapis.com", "Cloud Firestore API"),
    ("generativelanguage.googleapis.com", "Generative Language API"),
    ("gkebackup.googleapis.com", "Backup for GKE API"),
    ("gkehub.googleapis.com", "GKE Hub API"),
    ("gmail.googleapis.com", "Gmail API"),
    ("healthcare.googleapis.com", "Cloud Healthcare API"),
    ("iam.googleapis.com", "Identity and Access Management (IAM) API"),
    ("iamcredentials.googleapis.com", "IAM Service Account Credentials API"),
    ("iap.googleapis.com", "Cloud Identity-Aware Proxy API"),
    ("identitytoolkit.googleapis.com", "Identity Toolkit API"),
    ("language.googleapis.com", "Cloud Natural Language API"),
    ("logging.googleapis.com", "Cloud Logging API"),
    ("managedidentities.googleapis.com", "Managed Service for Microsoft Active Directory API"),
    ("maps-backend.googleapis.com", "Maps JavaScript API"),
    ("memcache.googleapis.com", "Cloud Memorystore for Memcached API"),
    ("ml.googleapis.com", "AI Platform Training & Prediction API"),
    ("monitoring.googleapis.com", "Cloud Monitoring API"),
    ("networkconnectivity.googleapis.com", "Network Connectivity API"),
    ("networkmanagement.googleapis.com", "Network Management API"),
    ("networkservices.googleapis.com", "Network Services API"),
    ("notebooks.googleapis.com", "Notebooks API"),
    ("orgpolicy.googleapis.com", "Organization Policy API"),
    ("osconfig.googleapis.com", "OS Config API"),
    ("oslogin.googleapis.com", "Cloud OS Login API"),
    ("people.googleapis.com", "People API"),
    ("policytroubleshooter.googleapis.com", "Policy Troubleshooter API"),
    ("privateca.googleapis.com", "Certificate Authority API"),
    ("pubsub.googleapis.com", "Cloud Pub/Sub API"),
    ("recaptchaenterprise.googleapis.com", "reCAPTCHA Enterprise API"),
    ("recommender.googleapis.com", "Recommender API"),
    ("redis.googleapis.com", "Google Cloud Memorystore for Redis API"),
    ("run.googleapis.com", "Cloud Run Admin API"),
    ("runtimeconfig.googleapis.com", "Cloud Runtime Configuration API"),
    ("secretmanager.googleapis.com", "Secret Manager API"),
    ("securetoken.googleapis.com", "Token Service API"),
    ("securitycenter.googleapis.com", "Security Command Center API"),
    ("servicecontrol.googleapis.com", "Service Control API"),
    ("servicedirectory.googleapis.com", "Service Directory API"),
    ("servicemanagement.googleapis.com", "Service Management API"),
    ("servicenetworking.googleapis.com", "Service Networking API"),
    ("serviceusage.googleapis.com", "Service Usage API"),
    ("sheets.googleapis.com", "Google Sheets API"),
    ("source.googleapis.com", "Legacy Cloud Source Repositories API"),
    ("sourcerepo.googleapis.com", "Cloud Source Repositories API"),
    ("spanner.googleapis.com", "Cloud Spanner API"),
    ("speech.googleapis.com", "Cloud Speech-to-Text API"),
    ("sql-component.googleapis.com", "Cloud SQL"),
    ("sqladmin.googleapis.com", "Cloud SQL Admin API"),
    ("storage-api.googleapis.com", "Google Cloud Storage JSON API"),
    ("storage-component.googleapis.com", "Cloud Storage"),
    ("storage.googleapis.com", "Cloud Storage API"),
    ("storageinsights.googleapis.com", "Storage Insights API"),
    ("storagetransfer.googleapis.com", "Storage Transfer API"),
    ("sts.googleapis.com", "Security Token Service API"),
    ("telemetry.googleapis.com", "Telemetry (OTLP) API"),
    ("testing.googleapis.com", "Cloud Testing API"),
    ("texttospeech.googleapis.com", "Cloud Text-to-Speech API"),
    ("tpu.googleapis.com", "Cloud TPU API"),
    ("trafficdirector.googleapis.com", "Traffic Director API"),
    ("translate.googleapis.com", "Cloud Translation API"),
    ("videointelligence.googleapis.com", "Cloud Video Intelligence API"),
    ("vision.googleapis.com", "Cloud Vision API"),
    ("vmwareengine.googleapis.com", "VMware Engine API"),
    ("vpcaccess.googleapis.com", "Serverless VPC Access API"),
    ("workflowexecutions.googleapis.com", "Workflow Executions API"),
    ("workflows.googleapis.com", "Workflows API"),
    ("workstations.googleapis.com", "Cloud Workstations API"),
];

/// What enabling a service enables too. An abridgement: enough that the effect is there to be met.
const NEEDS: &[(&str, &[&str])] = &[
    ("appengineflex.googleapis.com", &["compute.googleapis.com"]),
    ("cloudfunctions.googleapis.com", &["storage-api.googleapis.com"]),
    ("composer.googleapis.com", &["compute.googleapis.com", "container.googleapis.com"]),
    ("compute.googleapis.com", &["oslogin.googleapis.com"]),
    (
        "container.googleapis.com",
        &["compute.googleapis.com", "containerregistry.googleapis.com", "iam.googleapis.com"],
    ),
    ("containerregistry.googleapis.com", &["pubsub.googleapis.com", "storage-api.googleapis.com"]),
    ("dataflow.googleapis.com", &["compute.googleapis.com"]),
    ("dataproc.googleapis.com", &["compute.googleapis.com"]),
    ("iam.googleapis.com", &["iamcredentials.googleapis.com"]),
    ("notebooks.googleapis.com", &["compute.googleapis.com"]),
    ("workflows.googleapis.com", &["workflowexecutions.googleapis.com"]),
];

/// The title of a service; absent when the service is unknown.
pub(super) fn title(service: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(id, _)| *id == service).map(|(_, title)| *title)
}

/// What the service needs directly.
pub(super) fn needs(service: &str) -> &'static [&'static str] {
    NEEDS.iter().find(|(id, _)| *id == service).map_or(&[], |(_, needed)| *needed)
}

/// The services and everything they need, each once, needed ones included transitively.
pub(super) fn with_needs<'a>(services: &[&'a str]) -> Vec<&'a str> {
    let mut all: Vec<&str> = services.to_vec();
    let mut next = 0;
    while let Some(service) = all.get(next).copied() {
        for needed in needs(service) {
            if !all.contains(needed) {
                all.push(needed);
            }
        }
        next += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_services_are_sorted_and_unique() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn every_needed_service_is_known() {
        for (service, needed) in NEEDS {
            assert!(title(service).is_some(), "{service}");
            assert!(needed.iter().all(|id| title(id).is_some()), "{service}");
        }
    }

    #[test]
    fn needs_are_followed_to_the_end() {
        let all = with_needs(&["container.googleapis.com"]);
        assert!(all.contains(&"oslogin.googleapis.com") && all.contains(&"iamcredentials.googleapis.com"));
    }
}
