//! Which files matter: the one table of folders and names by which acts are told apart.
//!
//! Works on resolved paths alone; symbolic links play no part, which is why `/bin` stands beside `/usr`. The lists follow
//! the Filesystem Hierarchy Standard 3.0, what Falco's stable rules call sensitive, and where tools keep their
//! credentials by default. They say what to look at, not what is wrong.

/// Folders whose files make up the system: programs, libraries, configuration, the administrator's home.
const SYSTEM: &[&str] = &[
    "/bin",
    "/boot",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/root",
    "/sbin",
    "/usr",
    "/var/spool/at",
    "/var/spool/cron",
];

/// Folders below those that programs write to all the time.
const NOT_SYSTEM: &[&str] =
    &["/root/.cache", "/root/.cargo", "/root/.npm", "/root/.local/share", "/usr/local/share/ca-certificates"];

/// Files in anybody's home that run something, or let somebody in; a path that ends so belongs to the system.
const STARTUP: &[&str] = &[
    "/.bash_login",
    "/.bash_logout",
    "/.bash_profile",
    "/.bashrc",
    "/.profile",
    "/.ssh/authorized_keys",
    "/.ssh/authorized_keys2",
    "/.ssh/rc",
    "/.zprofile",
    "/.zshenv",
    "/.zshrc",
];

/// Where logs are kept.
const LOGS: &[&str] = &["/var/log", "/run/log"];

/// Histories of shells, which people who hide something remove.
const HISTORIES: &[&str] = &["/.bash_history", "/.zsh_history", "/.sh_history", "/.ash_history"];

/// Folders that everybody may write to, where programs do not belong.
const TEMPORARY: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/user", "/run/shm"];

/// Files and folders with passwords, keys and tokens.
const SECRETS: &[&str] = &[
    "/dev/kmem",
    "/dev/mem",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/krb5.keytab",
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/pki",
    "/etc/rancher/k3s/k3s.yaml",
    "/etc/security/opasswd",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/ssl/private",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/proc/kcore",
    "/run/secrets",
    "/var/lib/kubelet/pki",
    "/var/lib/sss/secrets",
    "/var/run/secrets",
];

/// Ends of paths of secrets, wherever they are.
const SECRET_ENDS: &[&str] = &[
    "/.aws/credentials",
    "/.azure/accessTokens.json",
    "/.azure/msal_token_cache.json",
    "/.config/gcloud/access_tokens.db",
    "/.config/gcloud/application_default_credentials.json",
    "/.config/gcloud/credentials.db",
    "/.config/gh/hosts.yml",
    "/.docker/config.json",
    "/.git-credentials",
    "/.kube/config",
    "/.netrc",
    "/.npmrc",
    "/.pgpass",
    "/.pypirc",
    "/.ssh/id_dsa",
    "/.ssh/id_ecdsa",
    "/.ssh/id_ed25519",
    "/.ssh/id_rsa",
    "/.vault-token",
];

/// A secret by folder and end: the keys of an SSH server.
const HOST_KEYS: (&str, &str) = ("/etc/ssh/ssh_host_", "_key");

/// Whether writing, removing or renaming `path` changes the system or lets somebody in.
#[must_use]
pub fn is_system(path: &[u8]) -> bool {
    (below_any(path, SYSTEM) && !below_any(path, NOT_SYSTEM)) || ends_with_any(path, STARTUP)
}

/// Whether `path` is a log, or the history of a shell.
#[must_use]
pub fn is_log(path: &[u8]) -> bool {
    below_any(path, LOGS) || ends_with_any(path, HISTORIES)
}

/// Whether `path` lies where everybody may write.
#[must_use]
pub fn is_temporary(path: &[u8]) -> bool {
    below_any(path, TEMPORARY)
}

/// Whether `path` holds a secret.
#[must_use]
pub fn is_secret(path: &[u8]) -> bool {
    below_any(path, SECRETS)
        || ends_with_any(path, SECRET_ENDS)
        || (path.starts_with(HOST_KEYS.0.as_bytes()) && path.ends_with(HOST_KEYS.1.as_bytes()))
}

/// Whether `path` is one of `folders` or lies in one.
fn below_any(path: &[u8], folders: &[&str]) -> bool {
    folders.iter().any(|folder| match path.strip_prefix(folder.as_bytes()) {
        Some(rest) => matches!(rest.first(), None | Some(b'/')),
        None => false,
    })
}

fn ends_with_any(path: &[u8], ends: &[&str]) -> bool {
    ends.iter().any(|end| path.ends_with(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_not_what_merely_begins_like_it() {
        assert!(is_system(b"/etc/passwd") && is_system(b"/etc") && !is_system(b"/etcetera"));
        assert!(is_temporary(b"/tmp/x") && !is_temporary(b"/tmpfs/x") && !is_temporary(b"tmp/x"));
        assert!(!is_system(b"/root/.cache/pip/x") && is_system(b"/root/.ssh/authorized_keys"));
    }

    #[test]
    fn what_starts_with_a_login_belongs_to_the_system_in_every_home() {
        assert!(is_system(b"/home/eve/.bashrc") && is_system(b"/srv/x/.ssh/authorized_keys"));
        assert!(!is_system(b"/home/eve/notes"));
    }

    #[test]
    fn secrets_are_known_by_place_and_by_name() {
        for secret in ["/etc/shadow", "/home/eve/.ssh/id_rsa", "/etc/ssh/ssh_host_rsa_key", "/run/secrets/t"]
        {
            assert!(is_secret(secret.as_bytes()), "{secret}");
        }
        for other in ["/etc/passwd", "/home/eve/.ssh/id_rsa.pub", "/etc/ssh/ssh_host_rsa_key.pub", ""] {
            assert!(!is_secret(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn histories_count_as_logs() {
        assert!(is_log(b"/var/log/auth.log") && is_log(b"/root/.bash_history") && !is_log(b"/var/lib/x"));
    }
}
