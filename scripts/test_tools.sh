#!/usr/bin/env bash
# Bring what the tests need beside Python: a browser, a PostgreSQL server, a JDK and the Elasticsearch server.
# Only what is absent is installed, and only by root on a machine with apt-get. Elsewhere a line says what is missing:
# the tests that need it are skipped, or fail under CI.
set -euo pipefail

OLDEST_JAVA=21
ELASTICSEARCH=9.3.2
ELASTICSEARCH_ZIP="$HOME/.m2/repository/org/elasticsearch/distribution/integ-test-zip/elasticsearch/$ELASTICSEARCH/elasticsearch-$ELASTICSEARCH.zip"

say() { echo "test tools: $*"; }

has() { command -v "$1" > /dev/null; }

has_chromium() { has chromium || has chromium-browser || has google-chrome || has google-chrome-stable; }

has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null || { has initdb && has postgres; }; }

has_jdk() {
	local release version
	for release in "${ES_JAVA_HOME:-/none}/release" "${JAVA_HOME:-/none}/release" /usr/lib/jvm/*/release \
		/opt/java/*/release /opt/jdk*/release /Library/Java/JavaVirtualMachines/*/Contents/Home/release; do
		[ -f "$release" ] || continue
		version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$release")
		if [ "${version:-0}" -ge "$OLDEST_JAVA" ] && grep -q jdk.incubator.vector "$release"; then return 0; fi
	done
	return 1
}

has_engine() { has docker && docker version > /dev/null 2>&1; }

has_elasticsearch() { [ -n "${ANNUAIRE_TEST_ELASTICSEARCH_URL:-}" ] || has_engine || [ -f "$ELASTICSEARCH_ZIP" ]; }

can_install() { [ "$(id -u)" = 0 ] && has apt-get; }

updated=no
update() { # the list of packages, once
	if [ "$updated" = no ]; then apt-get update -qq; fi
	updated=yes
}

install() { # install PACKAGE: by apt-get, when this is possible
	can_install || { say "please install $1"; return 0; }
	say "installing $1"
	update
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" > /dev/null \
		|| say "$1 could not be installed"
}

is_packaged() { [ -n "$(apt-cache search --names-only "^$1\$" 2> /dev/null)" ]; }

jdk_package() { # the oldest packaged JDK that is new enough
	apt-cache search --names-only '^openjdk-[0-9]+-jdk-headless$' 2> /dev/null | cut -d ' ' -f 1 | sort -t - -k 2 -n \
		| awk -F - -v oldest="$OLDEST_JAVA" '$2 >= oldest { print; exit }'
}

fetch_elasticsearch() {
	has mvn || install maven
	has mvn || { say "please install Maven: it brings the Elasticsearch server"; return 0; }
	say "bringing Elasticsearch $ELASTICSEARCH (115 MB)"
	mvn -q -B dependency:get -Dtransitive=false \
		-Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$ELASTICSEARCH:zip" \
		|| say "Maven could not bring the Elasticsearch server"
}

# The whole browser alone opens other programs, such as a telephone. Without its windows its engine tests pages faster.
has_chromium || install chromium
if can_install && ! has chromium-headless-shell && is_packaged chromium-headless-shell; then install chromium-headless-shell; fi
has_postgresql || has_engine || install postgresql
if ! has_elasticsearch; then fetch_elasticsearch; fi
if [ -f "$ELASTICSEARCH_ZIP" ] && ! has_jdk; then
	package=$(jdk_package || true)
	install "${package:-openjdk-$OLDEST_JAVA-jdk-headless}"
fi
say "ready"
