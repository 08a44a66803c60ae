# ONBUILD triggers run in the child; the configuration says what the Dockerfile says.
. "$E2E_LIB"
printf 'FROM test/busybox\nONBUILD RUN echo triggered >/t\nONBUILD ENV CHILD=yes\n' >Parent
build -f Parent -t parent . >/dev/null
cat >Dockerfile <<'D'
FROM parent
EXPOSE 80 443/udp
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --retries=3 CMD true
SHELL ["/bin/sh", "-ec"]
LABEL a=1 b="two words"
RUN echo shell
D
build -t child . >/dev/null
expect_equal "$("$SLIPWAY" run child cat /t)" triggered
"$SLIPWAY" inspect child | jq '.[0].Config' >config.json
expect_equal "$(jq -c .ExposedPorts config.json)" '{"443/udp":{},"80/tcp":{}}'
expect_equal "$(jq -c .Volumes config.json)" '{"/data":{}}'
expect_equal "$(jq -r .StopSignal config.json)" SIGINT
expect_equal "$(jq -c .Healthcheck config.json)" '{"Interval":30000000000,"Retries":3,"Test":["CMD-SHELL","true"]}'
expect_equal "$(jq -c .Shell config.json)" '["/bin/sh","-ec"]'
expect_equal "$(jq -c .Labels config.json)" '{"a":"1","b":"two words"}'
expect_equal "$(jq -r '.Env | map(select(startswith("CHILD"))) | .[0]' config.json)" CHILD=yes
expect_equal "$(jq -c '.OnBuild' config.json)" null
