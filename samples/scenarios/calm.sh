#!/bin/bash
# user: ann
# An hour of honest work in a few seconds: files written, searched, sorted, packed and unpacked, a script run, a
# service asked over loopback, old files tidied away. No rule has anything to say about it. Run it through
# samples/record.sh.
set -u

write_a_project() {
    mkdir -p src doc build
    for n in 1 2 3 4 5; do
        printf 'line %s of the program\n' "$n" >>src/main.txt
        printf 'Chapter %s. %s\n' "$n" "$(date -u +%Y)" >>doc/manual.txt
    done
    cp src/main.txt src/copy.txt
    mv src/copy.txt src/other.txt
    ln -s ../doc/manual.txt src/manual
}

search_and_sort() {
    grep -rn line src >build/found.txt
    find . -type f -name '*.txt' | sort >build/files.txt
    sed 's/program/book/' src/main.txt | awk '{ print NF, $0 }' | sort -n | uniq -c | head -3 >build/counts.txt
    wc -l build/*.txt >/dev/null
    diff src/main.txt src/other.txt && cmp src/main.txt src/other.txt
}

pack_and_check() {
    tar -czf build/project.tar.gz src doc
    sha256sum build/project.tar.gz >build/sums
    sha256sum -c build/sums >/dev/null
    mkdir build/unpacked
    tar -xzf build/project.tar.gz -C build/unpacked
}

run_a_script() {
    perl -e 'my %n; while (<>) { $n{$_}++ for split } print scalar(keys %n), "\n"' doc/manual.txt >build/words
    ls -l build >/dev/null
    df / >/dev/null
    id >/dev/null
}

service='
    use IO::Socket::INET;
    my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 1, ReuseAddr => 1) or die;
    open(my $ready, ">", "build/ready"); close($ready);
    my $client = $server->accept;
    my $asked = <$client>;
    print $client "200 fine\n";
'
question='
    use IO::Socket::INET;
    my $peer = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => 8080) or die;
    print $peer "GET /\n"; $peer->flush;
    print scalar <$peer>;
'

ask_a_service() {
    perl -e "$service" &
    local service_pid=$!
    while [ ! -e build/ready ]; do sleep 0.05; done
    perl -e "$question" >build/answer
    wait "$service_pid"
}

tidy_up() {
    find build -name '*.txt' -delete
    rm -r src doc build
}

mkdir -p "$HOME/book" && cd "$HOME/book" || exit 1
write_a_project
search_and_sort
pack_and_check
run_a_script
ask_a_service
tidy_up
cd / && rmdir "$HOME/book"
