//! Metrics of calls, in the Prometheus format.

use std::time::Duration;

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
    core::Collector, proto::MetricFamily,
};

/// Buckets of call durations, in seconds: most calls take less than a millisecond, delayed calls take long.
const BUCKETS: [f64; 13] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// The metrics of a server's calls.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: IntCounterVec,
    seconds: HistogramVec,
    fault_hits: IntCounter,
}

/// The state of the server at one moment.
#[derive(Debug, Default)]
pub(crate) struct MetricsSnapshot {
    /// Sessions by scenario and number of the last reached stage.
    pub(crate) sessions: Vec<(String, usize, u64)>,
    pub(crate) companies: usize,
    pub(crate) faults: usize,
    pub(crate) waiting: usize,
    /// Memory of sessions, uploads and journals, in bytes.
    pub(crate) memory: Vec<(&'static str, usize)>,
    /// Evictions so far.
    pub(crate) evicted: Vec<(&'static str, u64)>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let calls =
            Opts::new("identomat_mock_calls_total", "Calls of the vendor's API and the widget that were answered.");
        let seconds = HistogramOpts::new("identomat_mock_call_seconds", "How long calls took, faults included.");
        let metrics = Self {
            registry: Registry::new(),
            calls: IntCounterVec::new(calls, &["endpoint", "status"]).expect("the names are right"),
            seconds: HistogramVec::new(seconds.buckets(BUCKETS.to_vec()), &["endpoint"]).expect("the names are right"),
            fault_hits: IntCounter::new("identomat_mock_faults_struck_total", "Calls that a fault hit.")
                .expect("the name is right"),
        };
        let all: [Box<dyn Collector>; 3] =
            [Box::new(metrics.calls.clone()), Box::new(metrics.seconds.clone()), Box::new(metrics.fault_hits.clone())];
        for collector in all {
            metrics.registry.register(collector).expect("each name is there once");
        }
        metrics
    }

    /// Counts a response. `endpoint` is `None` for a call that is not implemented.
    pub(crate) fn answered(&self, endpoint: Option<&str>, status: &str, took: Duration, hits: usize) {
        let endpoint = endpoint.unwrap_or("other");
        self.calls.with_label_values(&[endpoint, status]).inc();
        self.seconds.with_label_values(&[endpoint]).observe(took.as_secs_f64());
        if hits > 0 {
            self.fault_hits.inc_by(hits as u64);
        }
    }

    /// Returns the Prometheus text format of all metrics, with the current state.
    pub(crate) fn text(&self, standings: &MetricsSnapshot) -> String {
        let mut families = self.registry.gather();
        families.extend(standings.families());
        // A metric without values cannot be written.
        families.retain(|family| !family.get_metric().is_empty());
        families.sort_by(|one, other| one.name().cmp(other.name()));
        TextEncoder::new().encode_to_string(&families).expect("what is counted can be written")
    }
}

impl MetricsSnapshot {
    fn families(&self) -> Vec<MetricFamily> {
        let Self { sessions, companies, faults, waiting, memory, evicted } = self;
        let mut families = Vec::new();
        let labelled = |name: &str, help: &str, labels: &[&str]| {
            IntGaugeVec::new(Opts::new(name, help), labels).expect("the names are right")
        };
        let by_stage = labelled(
            "identomat_mock_sessions",
            "Sessions by scenario and number of the last reached stage, 0 before the first.",
            &["scenario", "stage"],
        );
        for (scenario, stage, count) in sessions {
            by_stage.with_label_values(&[scenario.as_str(), &stage.to_string()]).add(*count as i64);
        }
        families.extend(by_stage.collect());
        let bytes =
            labelled("identomat_mock_memory_bytes", "Approximate memory of sessions, uploads and journals.", &["of"]);
        for (of, size) in memory {
            bytes.with_label_values(&[*of]).set(*size as i64);
        }
        families.extend(bytes.collect());
        for (name, help, number) in [
            ("identomat_mock_companies", "Current number of companies.", companies),
            ("identomat_mock_faults_in_force", "Active faults, except those of scenarios.", faults),
            ("identomat_mock_waiting", "Clients that wait or listen to events.", waiting),
        ] {
            let gauge = IntGauge::new(name, help).expect("the name is right");
            gauge.set(*number as i64);
            families.extend(gauge.collect());
        }
        let gone = Opts::new("identomat_mock_evicted_total", "Items evicted because a limit was reached.");
        let gone = IntCounterVec::new(gone, &["what"]).expect("the names are right");
        for (what, count) in evicted {
            gone.with_label_values(&[*what]).inc_by(*count);
        }
        families.extend(gone.collect());
        families
    }
}
