//! What is a condition, what is an output, and what comparisons mean.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Event, Scheme, text};
use scap_rules::{Expr, FieldArg, Filter, Segment, Template, Value};

#[test]
fn precedence_and_blanks_are_those_of_libsinsp() {
    for (condition, expected) in [
        ("a or b and c", "a or (b and c)"),
        ("a and b or c and d", "(a and b) or (c and d)"),
        ("not a and b", "not a and b"),
        ("not (a and b)", "not (a and b)"),
        ("not(a)and(not(b))", "not a and not b"),
        ("not not a", "a"),
        ("(a)and(b)or(c)", "(a and b) or c"),
        ("x.y=1 or z.w>=2", "x.y = 1 or z.w >= 2"),
        ("x.y in(a,'b c')and d", "x.y in (a, \"b c\") and d"),
        ("x.y = and", "x.y = and"),
        ("notz and a", "notz and a"),
        ("x.y existsand b", "x.y exists and b"),
        ("x.y startswith oneof (a, b)", "x.y startswith oneof (a, b)"),
        ("x.y = oneof and b", "x.y = \"oneof\" and b"),
        ("x.y = oneof", "x.y = \"oneof\""),
        ("x.y in list", "x.y in (list)"),
        ("x.y[0] = val(z.w['k'])", "x.y[0] = val(z.w[k])"),
        ("tolower( basename(x.y) ) != toupper(z.w)", "tolower(basename(x.y)) != toupper(z.w)"),
        ("join(',', (x.y, 'b', 3)) = a", "join(\",\",(x.y,\"b\",3)) = a"),
        ("getopt(x.y, \"nt:\")[t] = v", "getopt(x.y,\"nt:\")[t] = v"),
        ("x.y < -0.12e+10", "x.y < -0.12e+10"),
        ("x.y > 0xAb", "x.y > 0xAb"),
        ("\n\t x.y\n=\t1 ", "x.y = 1"),
    ] {
        assert_eq!(Expr::parse(condition).unwrap().to_string(), expected, "{condition}");
    }
}

#[test]
fn what_is_no_condition_is_refused_at_its_place() {
    for (condition, offset) in [
        ("", 0),
        ("a andb", 5),
        ("a and", 5),
        ("a or", 4),
        ("a b", 2),
        ("(a", 2),
        ("a)", 1),
        ("x.y", 3),
        ("x.y = ", 6),
        ("x.y = (a)", 6),
        ("x.y = a b", 8),
        ("x.y = 'open", 6),
        ("x.y = 'it''", 10),
        ("x.y = \"\\q\"", 10),
        ("x.y in (a,)", 10),
        ("x.y in (a", 9),
        ("x.y in a b", 9),
        ("x.y > a", 6),
        ("x.y ~ a", 4),
        ("x.y containsa", 4),
        ("x.y[] = a", 4),
        ("x.y[a = b", 5),
        ("val(x.y) = a", 3),
        ("tolower(x.y = a", 12),
        ("tolower (x.y) = a", 8),
        ("x.y = val(tolower(z.w))", 10),
        ("macro > 12", 6),
        ("#a", 0),
    ] {
        let error = Expr::parse(condition).unwrap_err();
        assert_eq!(error.offset, offset, "{condition}: {error}");
    }
    assert!(Expr::parse(&"(".repeat(100_000)).is_err());
    assert!(Expr::parse(&"not ".repeat(100_000)).is_err());
    assert!(Expr::parse(&format!("{}a", "not ".repeat(100_000))).is_ok());
    assert!(Expr::parse("((((((((((a))))))))))").is_ok());
}

#[test]
fn operators_fit_the_types_they_fit_in_libsinsp() {
    let scheme = Scheme::standard();
    let compiles = |condition: &str| Filter::compile(condition, &scheme).is_ok();
    for condition in [
        "fd.num = 1",
        "fd.num in (1, 2)",
        "fd.num intersects (1)",
        "fd.num = oneof (1, 2)",
        "fd.name pmatch (/a)",
        "fd.name < 5",
        "evt.buffer bcontains cafe",
        "evt.buffer bstartswith oneof (ca, fe)",
        "evt.buffer = \"\\x00\"",
        "evt.is_io = true",
        "fd.sip in (1.2.3.4, \"::1\")",
        "fd.snet != 10.0.0.0/8",
        "fd.sport = https",
        "fd.types in (file)",
        "fd.types exists",
        "evt.arg.flags contains x",
        "evt.arg[1] = x",
        "proc.aname[2] = x",
        "proc.aname in (x)",
        "len(fd.types) > 1",
        "tolower(proc.name) = val(proc.pname)",
        "evt.type in (open, generic_a)",
        "proc.env[HOME] = x",
        "proc.env[3] = x",
    ] {
        assert!(compiles(condition), "{condition}: {:?}", Filter::compile(condition, &scheme));
    }
    for condition in [
        "fd.num contains 1",
        "fd.num = 0x10",
        "fd.num = a",
        "fd.num regex 1",
        "fd.name bcontains cafe",
        "evt.buffer glob x",
        "evt.buffer regex x",
        "evt.buffer bcontains caf",
        "fd.name = \"\\x00\"",
        "evt.is_io = 1",
        "evt.is_io < true",
        "fd.sip > 1.2.3.4",
        "fd.sip = 10.0.0.0/8",
        "fd.snet = 10.0.0.1",
        "fd.sport = nosuchservice",
        "fd.types = file",
        "fd.types startswith oneof (x)",
        "evt.arg = x",
        "evt.arg.nosuch = x",
        "proc.aname[x] = y",
        "proc.name[1] = y",
        "proc.nosuch = y",
        "tolower(fd.num) = 1",
        "tolower(proc.aname) = x",
        "tolower(proc.name)[x] = y",
        "proc.name = val(fd.num)",
        "proc.name pmatch val(fd.name)",
        "proc.name regex val(fd.name)",
        "fd.ip = val(fd.sip)",
        "proc.name = val(proc.aname)",
        "evt.type = nosuchevent",
        "fd.name regex '['",
        "join(proc.name) = x",
        "concat(proc.name, fd.num) = x",
        "getopt(proc.name, \"a\") = x",
        "macro",
    ] {
        assert!(!compiles(condition), "{condition}");
    }
}

#[test]
fn comparisons_mean_what_they_mean_in_libsinsp() {
    let scheme = Scheme::standard();
    let ip = |text: &str| Value::Ip(text.parse().unwrap());
    let event = Event::new(0)
        .with(&scheme, "evt.type", &[text("open")])
        .with(&scheme, "fd.name", &[text("/etc/passwd")])
        .with(&scheme, "proc.name", &[text("Bash")])
        .with(&scheme, "proc.pname", &[text("bash")])
        .with(&scheme, "fd.num", &[Value::Int(-2)])
        .with(&scheme, "fd.types", &[text("file"), text("ipv4")])
        .with(&scheme, "fd.ip", &[ip("10.0.0.1"), ip("8.8.8.8")])
        .with(&scheme, "fd.net", &[ip("10.0.0.1"), ip("8.8.8.8")])
        .with(&scheme, "fd.port", &[Value::Uint(1234), Value::Uint(443)])
        .with(&scheme, "proc.aname", &[text("sshd"), text("systemd")])
        .with(&scheme, "evt.buffer", &[Value::Bytes(b"a\0HTTP"[..].into())])
        .with_arg(&scheme, "evt.arg", FieldArg::Key("data".into()), &[text("SGVsbG8=")])
        .with_arg(&scheme, "evt.around", FieldArg::Index(9), &[Value::Uint(3)])
        .with(&scheme, "proc.args", &[text("-n")]);
    let holds = |condition: &str| Filter::compile(condition, &scheme).unwrap().matches(&event);
    for condition in [
        "proc.cmdline != x or fd.num < -1",
        "not proc.cmdline = x",
        "not proc.cmdline != x",
        "not proc.cmdline exists",
        "tolower(proc.name) = val(proc.pname)",
        "proc.name != val(proc.pname)",
        "basename(fd.name) in (passwd)",
        "b64(evt.arg.data) = Hello",
        "len(fd.name) = 11",
        "len(fd.types) = 2",
        "fd.types in (file, ipv4, pipe)",
        "fd.types intersects (pipe, file)",
        "not fd.types in (file)",
        "fd.ip = 8.8.8.8",
        "fd.ip in (1.1.1.1, 10.0.0.1)",
        "not fd.ip != 8.8.8.8",
        "fd.ip != 1.1.1.1",
        "fd.net in (192.168.0.0/16, 10.0.0.0/8)",
        "fd.net != 172.16.0.0/12",
        "fd.port = 443 and fd.port > 1000 and fd.port < 1000",
        "proc.aname = sshd and proc.aname != sshd",
        "proc.aname startswith sys",
        "evt.buffer bcontains 48545450",
        "evt.buffer contains HTTP",
        "evt.buffer startswith \"a\\x00\"",
        "fd.name regex '/etc/[a-z]+'",
        "fd.name glob /*/pass*",
        "proc.name iglob b?sh",
        "fd.name pmatch (/usr, /etc)",
        "fd.name startswith oneof (/etc, /usr)",
        "fd.name contains allof (etc, pass)",
        "not fd.name contains oneof (etc, pass)",
        "fd.name != allof (a, b)",
        "not fd.name = allof ()",
        "not proc.name in ()",
        "evt.around[9] = 3",
        "not evt.around[9] > 2",
        "concat(proc.pname, \":\", \"x\") = bash:x",
        "join(\"-\", (proc.pname, fd.num)) = bash--2",
    ] {
        assert!(holds(condition), "{condition}");
    }
    for condition in
        ["proc.cmdline = x", "proc.cmdline != x", "proc.name = bash", "fd.name pmatch (/etc/pass)"]
    {
        assert!(!holds(condition), "{condition}");
    }
}

#[test]
fn an_explanation_shows_every_comparison_with_what_it_saw() {
    let scheme = Scheme::standard();
    let event =
        Event::new(0).with(&scheme, "proc.name", &[text("ca\nt")]).with(&scheme, "fd.num", &[Value::Int(3)]);
    let filter = Filter::compile("proc.name = dog or (fd.num > 2 and not fd.name exists)", &scheme).unwrap();
    let explanation = filter.explain(&event);
    assert!(explanation.holds);
    assert_eq!(
        explanation.to_string(),
        "yes any of\n\
         no    proc.name = dog   [ca\u{fffd}t]\n\
         yes   all of\n\
         yes     fd.num > 2   [3]\n\
         yes     not\n\
         no        fd.name exists   [<NA>]\n"
    );
}

/// Text and names of values, one after the other.
fn shown(template: &str) -> Result<String, String> {
    let scheme = Scheme::standard();
    let event = Event::new(0).with(&scheme, "proc.name", &[text("Cat")]);
    let template = Template::parse(template, &scheme).map_err(|error| error.to_string())?;
    let segments = template.segments.iter().map(|segment| match segment {
        Segment::Text(text) => text.clone(),
        Segment::Value { extractor, width } => match extractor.value(&event) {
            Some(Value::Bytes(bytes)) => format!("<{}:{width}>", String::from_utf8_lossy(&bytes)),
            Some(other) => format!("<{other:?}:{width}>"),
            None => format!("<-:{width}>"),
        },
    });
    Ok(segments.collect())
}

#[test]
fn outputs_are_cut_into_text_and_values() {
    for (template, expected) in [
        ("plain", "plain"),
        ("%proc.name", "<Cat:0>"),
        ("a=%proc.name, b=%fd.name.", "a=<Cat:0>, b=<-:0>."),
        ("%proc.namex", "<Cat:0>x"),
        ("%proc.name.txt", "<Cat:0>.txt"),
        ("100%% %10proc.name", "100% <Cat:10>"),
        ("%tolower(proc.name)!", "<cat:0>!"),
        ("%evt.arg.path%evt.arg[2]", "<-:0><-:0>"),
        ("%proc.aname[2]x[", "<-:0>x["),
        ("*%fd.name", "<-:0>"),
        ("%concat(proc.name, \"s\")", "<Cats:0>"),
    ] {
        assert_eq!(shown(template).as_deref(), Ok(expected), "{template}");
    }
    for template in ["", "%", "50%", "%10", "%nosuch.field", "% proc.name", "%tolower(fd.num)", "%evt.arg"] {
        assert!(shown(template).is_err(), "{template}");
    }
    let scheme = Scheme::standard();
    let error = Template::parse("x %proc.nmae", &scheme).unwrap_err();
    assert_eq!((error.offset, error.suggestion.as_deref()), (3, Some("proc.name")));
}

#[test]
fn output_fields_have_falcos_names() {
    let scheme = Scheme::standard();
    let template = Template::parse(
        "*%fd.name %tolower(basename(fd.name)) %proc.env['A B'] %join(',', (fd.num))",
        &scheme,
    );
    let template = template.unwrap();
    let names: Vec<(&str, bool)> =
        template.fields.iter().map(|field| (field.name.as_str(), field.transformed)).collect();
    assert_eq!(
        names,
        [
            ("fd.name", false),
            ("fd.name", false),
            ("tolower(basename(fd.name))", true),
            ("proc.env[\"A B\"]", false),
            ("fd.num", false),
            ("join(,,(fd.num))", true),
        ]
    );
    assert!(template.tolerant);
}
