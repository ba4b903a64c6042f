//! Answers on the samples, compared with what a plain walk with a condition counts.

mod common;

use common::{Rows, ask, count_of, events_that, sample, text_of, trace_of};
use scap_tables::{Error, Question, Statement, Table};
use std::collections::BTreeMap;

const INTRUDER: &str = "intruder.zst";

#[test]
fn conditions_in_sql_choose_the_events_that_conditions_of_rules_choose() {
    for (sql, condition) in [
        ("type = 'openat'", "evt.type = openat"),
        ("type = 'openat' OR type = 'connect'", "evt.type in (openat, connect)"),
        ("type IN ('unlinkat', 'renameat2')", "evt.type in (unlinkat, renameat2)"),
        ("proc_name LIKE '%sh'", "proc.name endswith sh"),
        ("proc_name = 'bash' AND NOT failed", "proc.name = bash and evt.failed = false"),
        ("failed", "evt.failed = true"),
        ("error = 'ENOENT'", "evt.res = ENOENT"),
        ("peer_port = 4444", "fd.rport = 4444"),
        ("path LIKE '/etc/%'", "fs.path.name startswith /etc/"),
        ("opens_write", "evt.is_open_write = true"),
        ("io = 'write' AND bytes > 100", "evt.io_dir = write and evt.buflen > 100"),
        ("num BETWEEN 100 AND 200", "evt.num >= 100 and evt.num <= 200"),
        ("num > 23000 AND uid = 0", "evt.num > 23000 and user.uid = 0"),
        ("ppid = 31146", "proc.ppid = 31146"),
        ("args LIKE '%O_CREAT%'", "evt.args contains O_CREAT"),
        ("fd_type = 'ipv4'", "fd.type = ipv4"),
        ("container_id = 'host'", "container.id = host"),
        ("time >= '2026-11-21T22:27:57.95Z'", "evt.rawtime >= 1795300077950000000"),
        ("parent_name = 'intruder' AND category = 'file'", "proc.pname = intruder and evt.category = file"),
    ] {
        let rows = ask(&[INTRUDER], &format!("SELECT count(*) AS n FROM events WHERE {sql}")).unwrap();
        let wanted = events_that(INTRUDER, condition, |_| ()).len();
        assert_eq!(count_of(&rows), wanted, "{sql} is not {condition}");
        assert!(wanted > 0, "{condition} tells nothing");
    }
}

#[test]
fn groups_are_what_counting_by_hand_gives() {
    let mut by_hand: BTreeMap<(String, String), u64> = BTreeMap::new();
    for key in events_that(INTRUDER, "evt.num > 0", |f| (text_of(f, "proc.name"), text_of(f, "evt.type"))) {
        *by_hand.entry(key).or_default() += 1;
    }
    let sql = "SELECT proc_name, type, count(*) AS n FROM events GROUP BY proc_name, type";
    let rows = ask(&[INTRUDER], sql).unwrap();
    let answered: BTreeMap<(String, String), u64> = rows
        .lines
        .iter()
        .map(|row| {
            (
                (row[0].as_str().unwrap_or_default().into(), row[1].as_str().unwrap().into()),
                row[2].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(answered, by_hand);
}

#[test]
fn what_is_made_batch_by_batch_is_what_is_made_of_rows_held() {
    // Behind a UNION the engine gets all rows at once.
    let held = "(SELECT * FROM events UNION ALL SELECT * FROM events WHERE num < 0) AS events";
    for sql in [
        "SELECT type, count(*) AS n, min(num) AS a, max(time) AS b, avg(bytes) AS c, sum(bytes) AS d FROM events GROUP BY type ORDER BY type",
        "SELECT count(*) AS n, sum(bytes) AS b, min(time) AS t FROM events WHERE failed",
        "SELECT count(*), sum(bytes) FROM events",
        "SELECT type, sum(bytes) AS bytes FROM events GROUP BY type ORDER BY bytes DESC, type",
        "SELECT count(*) AS n, max(num) AS b FROM events WHERE proc_name = 'nobody'",
        "SELECT DISTINCT proc_name FROM events ORDER BY proc_name",
        "SELECT num, type FROM events ORDER BY bytes DESC, num LIMIT 7",
        "SELECT num, type FROM events WHERE failed ORDER BY num LIMIT 5 OFFSET 3",
        "SELECT num FROM events WHERE type = 'connect' LIMIT 3",
        "SELECT count(DISTINCT pid) AS n FROM events",
        "SELECT proc_name, count(*) AS n FROM events GROUP BY proc_name HAVING count(*) > 500 ORDER BY n DESC",
        "SELECT upper(proc_name) AS p, num % 7 AS m FROM events WHERE num < 50",
    ] {
        let streamed = ask(&[INTRUDER], sql).unwrap();
        let whole = ask(&[INTRUDER], &sql.replace("FROM events", &format!("FROM {held}"))).unwrap();
        assert_eq!(streamed.lines, whole.lines, "{sql}");
        assert!(!streamed.lines.is_empty(), "{sql}");
    }
}

#[test]
fn several_traces_are_told_apart() {
    let sql = "SELECT trace, host, count(*) AS n FROM events GROUP BY trace, host ORDER BY trace";
    let rows = ask(&["calm.zst", INTRUDER], sql).unwrap();
    assert_eq!(rows.lines.len(), 2);
    assert_eq!(rows.lines[1][0], "intruder.zst");
    assert_eq!(rows.lines[1][1], "web-1");
    let alone = ask(&[INTRUDER], "SELECT count(*) AS n FROM events").unwrap();
    assert_eq!(rows.lines[1][2], alone.lines[0][0]);
}

#[test]
fn alerts_are_those_of_a_replay() {
    let rules = common::rules();
    let mut kept = scap_analyze::sink::Kept { limit: 1000, ..Default::default() };
    let replay = scap_analyze::replay::Replay::new(&rules, Default::default());
    let pool = scap_analyze::replay::Pool::alone();
    replay.run_parts(common::parts(&sample(INTRUDER)), INTRUDER, &pool, &mut kept).unwrap();
    let rows = ask(&[INTRUDER], "SELECT num, rule, priority, output FROM alerts ORDER BY num, rule").unwrap();
    let mut wanted: Vec<(u64, String, String)> = kept
        .alerts
        .iter()
        .map(|alert| (alert.event, alert.rule.name.clone(), alert.rule.priority.name().to_owned()))
        .collect();
    wanted.sort();
    let answered: Vec<(u64, String, String)> = rows
        .lines
        .iter()
        .map(|row| {
            (row[0].as_u64().unwrap(), row[1].as_str().unwrap().into(), row[2].as_str().unwrap().into())
        })
        .collect();
    assert_eq!(answered, wanted);
    assert!(answered.len() > 10);
}

#[test]
fn tables_join() {
    let sql = "SELECT e.num AS num, a.rule AS rule, e.path AS path FROM alerts a JOIN events e ON a.num = e.num ORDER BY e.num, a.rule";
    let rows = ask(&[INTRUDER], sql).unwrap();
    let alerts = ask(&[INTRUDER], "SELECT count(*) AS n FROM alerts").unwrap();
    assert_eq!(rows.lines.len(), count_of(&alerts));
    let shadow = rows.lines.iter().filter(|row| row[2] == "/etc/shadow").count();
    assert!(shadow > 0);
}

#[test]
fn every_column_has_the_type_that_is_told() {
    for table in Table::ALL {
        let rows = ask(&[INTRUDER], &format!("SELECT * FROM {} LIMIT 50", table.name())).unwrap();
        let described: Vec<(String, String)> = table
            .columns()
            .iter()
            .map(|column| (column.name.to_owned(), common::engine_type(column.ty)))
            .collect();
        assert_eq!(rows.columns, described, "{}", table.name());
        assert!(!rows.lines.is_empty(), "{}", table.name());
    }
}

#[test]
fn a_range_and_a_filter_hold_for_every_table() {
    let mut trace = trace_of(INTRUDER);
    let filter = "proc.name = bash and evt.type = connect";
    trace.range.filter = Some(scap_rules::Filter::compile(filter, &scap_analyze::catalogue::Scheme).unwrap());
    let rows =
        common::ask_of(&[trace], "SELECT count(*) AS n FROM events WHERE type = 'connect'", 1 << 30).unwrap();
    assert_eq!(count_of(&rows), events_that(INTRUDER, filter, |_| ()).len());
    let mut late = trace_of(INTRUDER);
    late.range.from = Some(1_795_300_077_950_000_000);
    let rows = common::ask_of(&[late], "SELECT count(*) AS n FROM events", 1 << 30).unwrap();
    assert_eq!(count_of(&rows), events_that(INTRUDER, "evt.rawtime >= 1795300077950000000", |_| ()).len());
}

#[test]
fn a_query_that_would_hold_too_much_is_refused_and_groups_are_not() {
    let hold = |sql: &str| common::ask_of(&[trace_of(INTRUDER)], sql, 256 << 10);
    let error = hold("SELECT num, args FROM events ORDER BY args").expect_err("too much to hold");
    assert!(matches!(error, Error::TooMuch { .. }), "{error}");
    hold("SELECT proc_name, count(*) AS n FROM events GROUP BY proc_name").unwrap();
    hold("SELECT num, args FROM events ORDER BY args LIMIT 3").unwrap();
    let all: Rows = hold("SELECT num, args FROM events").unwrap();
    assert_eq!(all.lines.len(), events_that(INTRUDER, "evt.num > 0", |_| ()).len());
}

#[test]
fn damage_is_noted_and_what_can_be_read_is_answered() {
    let mut bytes = zstd::decode_all(sample(INTRUDER).as_slice()).unwrap();
    bytes.truncate(bytes.len() * 2 / 3);
    let traces = [common::trace_of_bytes("cut.zst", bytes)];
    let statement = Statement::parse("SELECT count(*) AS n FROM events").unwrap();
    let (mut notes, mut rows) = (0, Rows::default());
    let question = Question { traces: &traces, rules: None, memory: 1 << 30 };
    question.answer(&statement, &mut |_, _| notes += 1, &mut rows).unwrap();
    assert!(notes > 0);
    assert!(count_of(&rows) > 1000);
}

#[test]
fn no_statement_takes_the_program_down() {
    for sql in [
        "SELECT 1",
        "SELECT 1 FROM events LIMIT 2",
        "SELECT * FROM events, processes LIMIT 1",
        "SELECT *, row_number() OVER (PARTITION BY proc_name ORDER BY num) AS r FROM events WHERE num < 40",
        "SELECT num FROM events WHERE num IN (SELECT num FROM alerts)",
        "SELECT sum(proc_name) FROM events",
        "SELECT proc_name + 1 FROM events",
        "SELECT cast(proc_name AS int) FROM events",
        "SELECT num / 0 FROM events LIMIT 1",
        "SELECT nosuch(num) FROM events",
        "SELECT * FROM events WHERE time > 'yesterday'",
        "SELECT * FROM events WHERE proc_name ~ '('",
        "SELECT min(num), max(num) FROM events",
        "SELECT * FROM events ORDER BY 99",
        "SELECT * FROM events LIMIT -1",
        "SELECT * FROM events LIMIT 1 OFFSET 99999999",
        "SELECT count(*) FROM events GROUP BY nosuch",
        "SELECT num FROM events WHERE EXISTS (SELECT 1 FROM alerts)",
        "SELECT ARRAY[1,2,3]",
        "SELECT * FROM UNNEST(ARRAY[1,2])",
        "WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT 1 FROM x) SELECT * FROM x",
        "SELECT interval '1 day'",
        "SELECT time + interval '1 hour' FROM events LIMIT 1",
        "SELECT substr(proc_name, -1, 99999999999) FROM events LIMIT 1",
        "SELECT repeat('a', 10)",
        "VALUES (1, 2), (3, 4)",
        "(((((SELECT num FROM events LIMIT 1)))))",
        "SELECT e.* FROM events AS e LEFT JOIN alerts USING (num) LIMIT 2",
        "SELECT num FROM events UNION SELECT num FROM alerts ORDER BY num LIMIT 3",
        "SELECT num FROM events EXCEPT SELECT num FROM alerts",
        "SELECT \"\u{0}\" FROM events",
    ] {
        // An answer or a message; whichever, the program goes on.
        if let Err(error) = ask(&["calm.zst"], sql) {
            assert!(!error.to_string().is_empty(), "{sql}");
        }
    }
}
