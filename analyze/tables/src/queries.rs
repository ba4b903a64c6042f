//! Questions with a name, for those who would rather not write them.

/// A question with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Its name, as it is written after `@`.
    pub name: &'static str,
    /// What it answers.
    pub about: &'static str,
    /// It in SQL.
    pub sql: &'static str,
}

/// All of them, in the order in which they are listed.
pub const QUERIES: &[Named] = &[
    Named {
        name: "processes",
        about: "Which programs ran, how often, as whom?",
        sql: "SELECT name, exe, user_name, count(*) AS processes, sum(events) AS events, sum(alerts) AS alerts\n\
              FROM processes GROUP BY name, exe, user_name ORDER BY alerts DESC, events DESC, name, exe LIMIT 40",
    },
    Named {
        name: "process-by-events",
        about: "Which processes did most?",
        sql: "SELECT pid, name, cmdline, user_name, container_name, first_time, events\n\
              FROM processes ORDER BY events DESC, pid LIMIT 20",
    },
    Named {
        name: "longest-processes",
        about: "Which processes were there longest?",
        sql: "SELECT pid, name, cmdline, user_name, start_time, end_time, duration_ns / 1000000000.0 AS seconds\n\
              FROM processes ORDER BY duration_ns DESC, pid LIMIT 20",
    },
    Named {
        name: "shells",
        about: "Which shells were started, by what, with which commands?",
        sql: "SELECT start_time, pid, cmdline, user_name, ancestors, container_name, alerts\n\
              FROM processes WHERE name IN ('sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'fish', 'csh', 'tcsh')\n\
              AND start_time IS NOT NULL ORDER BY start_time LIMIT 100",
    },
    Named {
        name: "exec-from-tmp",
        about: "Which programs ran from temporary folders or memory, or were made in the trace?",
        sql: "SELECT first_time, pid, exe, cmdline, user_name, ancestors, exe_fresh\n\
              FROM processes WHERE exe LIKE '/tmp/%' OR exe LIKE '/var/tmp/%' OR exe LIKE '/dev/shm/%'\n\
              OR exe LIKE 'memfd:%' OR exe_fresh ORDER BY first_time LIMIT 100",
    },
    Named {
        name: "privilege-changes",
        about: "Which processes changed their user?",
        sql: "SELECT time, num, type, args, proc_name, pid, user_name, login_name, ancestors\n\
              FROM events WHERE type IN ('setuid', 'setreuid', 'setresuid', 'setgid', 'setregid', 'setresgid', 'capset')\n\
              AND NOT failed LIMIT 200",
    },
    Named {
        name: "top-files",
        about: "Which files were read and written most?",
        sql: "SELECT path, count(DISTINCT pid) AS processes, sum(opens) AS opens, sum(bytes_read) AS bytes_read,\n\
              sum(bytes_written) AS bytes_written FROM files GROUP BY path\n\
              ORDER BY bytes_read + bytes_written DESC, opens DESC, path LIMIT 30",
    },
    Named {
        name: "suspicious-writes",
        about: "What was written, made or moved in system folders and homes?",
        sql: "SELECT first_time, path, proc_name, pid, user_name, was_created, was_moved, was_changed, bytes_written\n\
              FROM files WHERE (was_written OR was_created OR was_moved OR was_changed)\n\
              AND (path LIKE '/etc/%' OR path LIKE '/usr/%' OR path LIKE '/bin/%' OR path LIKE '/sbin/%'\n\
              OR path LIKE '/lib%' OR path LIKE '/boot/%' OR path LIKE '/root/%' OR path LIKE '/home/%/.%'\n\
              OR path LIKE '/var/spool/cron/%') ORDER BY first_time, path LIMIT 200",
    },
    Named {
        name: "deleted-files",
        about: "What was removed?",
        sql: "SELECT last_time, path, proc_name, pid, user_name, was_created\n\
              FROM files WHERE was_deleted ORDER BY last_time, path LIMIT 200",
    },
    Named {
        name: "secrets",
        about: "Who opened files with secrets?",
        sql: "SELECT first_time, path, proc_name, pid, user_name, opens, failures, bytes_read\n\
              FROM files WHERE path IN ('/etc/shadow', '/etc/gshadow', '/etc/sudoers') OR path LIKE '%/.ssh/%'\n\
              OR path LIKE '%/.aws/%' OR path LIKE '%/.kube/config' OR path LIKE '%.pem' OR path LIKE '%.key'\n\
              OR path LIKE '%/serviceaccount/token' ORDER BY first_time, path LIMIT 100",
    },
    Named {
        name: "new-listeners",
        about: "Which sockets began to listen?",
        sql: "SELECT first_time, proto, local_ip, local_port, path, proc_name, pid, user_name, container_id\n\
              FROM connections WHERE direction = 'listening' ORDER BY first_time LIMIT 100",
    },
    Named {
        name: "outgoing",
        about: "Who was connected to?",
        sql: "SELECT peer_ip, peer_port, proto, proc_name, user_name, count(*) AS connections, min(first_time) AS first_time,\n\
              sum(bytes_out) AS bytes_out, sum(bytes_in) AS bytes_in FROM connections\n\
              WHERE direction = 'outgoing' AND peer_ip IS NOT NULL\n\
              GROUP BY peer_ip, peer_port, proto, proc_name, user_name ORDER BY first_time, peer_ip, peer_port LIMIT 100",
    },
    Named {
        name: "incoming",
        about: "Who connected?",
        sql: "SELECT peer_ip, local_port, proto, proc_name, count(*) AS connections, min(first_time) AS first_time,\n\
              sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out FROM connections\n\
              WHERE direction = 'incoming' AND peer_ip IS NOT NULL\n\
              GROUP BY peer_ip, local_port, proto, proc_name ORDER BY first_time, peer_ip LIMIT 100",
    },
    Named {
        name: "access-denied",
        about: "What was refused, to whom?",
        sql: "SELECT error, type, proc_name, user_name, count(*) AS times, min(time) AS first_time\n\
              FROM events WHERE error IN ('EACCES', 'EPERM') GROUP BY error, type, proc_name, user_name\n\
              ORDER BY times DESC, first_time LIMIT 50",
    },
    Named {
        name: "events-by-type",
        about: "What was done how often, and how often did it fail?",
        sql: "SELECT type, category, count(*) AS events, sum(CASE WHEN failed THEN 1 ELSE 0 END) AS failed\n\
              FROM events GROUP BY type, category ORDER BY events DESC, type",
    },
    Named {
        name: "alerts-by-rule",
        about: "What did the rules say?",
        sql: "SELECT severity, priority, rule, tactics, count(*) AS alerts, count(DISTINCT pid) AS processes,\n\
              min(time) AS first_time FROM alerts GROUP BY severity, priority, rule, tactics\n\
              ORDER BY severity, alerts DESC, rule",
    },
];

/// The question called `name`, or how the nearest one is called.
///
/// # Errors
/// The name that was probably meant.
pub fn named(name: &str) -> Result<&'static Named, Option<&'static str>> {
    let found = QUERIES.iter().find(|query| query.name == name);
    found.ok_or_else(|| scap_rules::nearest(name, QUERIES.iter().map(|query| query.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Statement, plan_of};

    #[test]
    fn every_named_question_can_be_planned() {
        assert!(QUERIES.len() >= 12);
        for query in QUERIES {
            let statement =
                Statement::parse(query.sql).unwrap_or_else(|mistake| panic!("{}: {mistake}", query.name));
            plan_of(&statement).unwrap_or_else(|error| panic!("{}: {error}", query.name));
            assert!(query.about.ends_with('?'), "{}", query.name);
            assert_eq!(named(query.name), Ok(query));
        }
        assert_eq!(named("shell"), Err(Some("shells")));
    }
}
