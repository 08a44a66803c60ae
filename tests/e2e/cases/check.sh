# --check and --call tell about a Dockerfile, run nothing and store nothing; a build tells its warnings at the end.
. "$E2E_LIB"
cat >Dockerfile <<'DOCKERFILE'
# base has what all need
FROM test/busybox AS Base
ENV A b
RUN make -j
FROM base AS app
CMD sh
DOCKERFILE

fails_with 1 "$SLIPWAY" build --check .
expect_equal "$(head -1 stdout.log)" "Check complete, 3 warnings have been found!"
expect_text stdout.log "WARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/stage-name-casing/"
expect_text stdout.log "WARNING: LegacyKeyValueFormat"
expect_text stdout.log "WARNING: JSONArgsRecommended"
expect_text stdout.log "NOTE: UnboundedMakeJobs - docs/rules/UnboundedMakeJobs.md"
expect_text stdout.log "   3 | >>> ENV A b"

fails_with 1 "$SLIPWAY" build --call=check,format=json .
expect_equal "$(jq -r '[.warnings[] | "\(.ruleName):\(.location.ranges[0].start.line)"] | sort | join(" ")' stdout.log)" \
    "JSONArgsRecommended:6 LegacyKeyValueFormat:3 StageNameCasing:2 UnboundedMakeJobs:4"
expect_equal "$(jq -r '.sources[0].data' stdout.log | base64 -d)" "$(cat Dockerfile)"
"$SLIPWAY" build --call=check,ignorestatus=true . >/dev/null || fail "the status was not ignored"
fails_with 1 "$SLIPWAY" build --check --target=base .
expect_no_text stdout.log JSONArgsRecommended

"$SLIPWAY" build --call=targets . >targets.txt
expect_equal "$(sed -n '2p;3p' targets.txt | tr -s ' ')" "$(printf 'base has what all need\napp (default) ')"
expect_equal "$("$SLIPWAY" build --call=targets,format=json . | jq -r '.targets[1] | "\(.name) \(.base) \(.default)"')" "app base true"

cat >outline.Dockerfile <<'DOCKERFILE'
# TAG says which one
ARG TAG=latest
FROM test/busybox:$TAG AS app
# JOBS at once
ARG JOBS=4
RUN --mount=type=secret,id=token,required=true program-that-does-not-exist
DOCKERFILE
"$SLIPWAY" build -f outline.Dockerfile --call=outline --build-arg JOBS=8 . | tr -s ' ' >outline.txt
expect_equal "$(cat outline.txt)" "$(printf '%s\n' 'TARGET: app' '' 'BUILD ARG VALUE DESCRIPTION' 'TAG latest says which one' \
    'JOBS 8 at once' '' 'SECRET REQUIRED' 'token true')"
expect_equal "$("$SLIPWAY" build -f outline.Dockerfile --call=outline,format=json . | jq -rc '.args[1].value, .secrets')" \
    "$(printf '%s\n' 4 '[{"name":"token","required":true,"location":{"ranges":[{"start":{"line":6},"end":{"line":6}}]}}]')"

fails_with 2 "$SLIPWAY" build --call=chekc .
expect_text stderr.log "did you mean 'check'?"

# nothing of this has run the RUN, whose program does not exist
cat >Dockerfile <<'DOCKERFILE'
FROM test/busybox AS Base
RUN if false; then make -j; fi
DOCKERFILE
build . >/dev/null
expect_equal "$(tail -n 5 build.log | cut -d: -f1)" "$(printf "%s\n" " 1 warning found ('slipway build --check' explains it)" \
    " - StageNameCasing" "" " 1 note found ('slipway build --check' explains it)" " - UnboundedMakeJobs")"
expect_text build.log " - StageNameCasing: stage name 'Base' should be lowercase (line 1)"
expect_equal "$("$SLIPWAY" build --progress=json . 2>&1 >/dev/null | jq -r 'select(.type == "warning") | "\(.level) \(.rule)"')" \
    "$(printf "warning StageNameCasing\nnote UnboundedMakeJobs")"
expect_equal "$("$SLIPWAY" build --progress=quiet . 2>&1 >/dev/null)" ""

# what a file asks for: rules left out, warnings as errors
sed -i '1i # check=skip=StageNameCasing;error=true' Dockerfile
build . >/dev/null
expect_no_text build.log StageNameCasing
sed -i '1s/.*/# check=error=true/' Dockerfile
fails_with 3 "$SLIPWAY" build --progress=plain .
expect_text stderr.log "lint violation found for rules: StageNameCasing"
expect_text stderr.log " - StageNameCasing: stage name"
fails_with 3 "$SLIPWAY" build --check .
"$SLIPWAY" build --build-arg BUILDKIT_DOCKERFILE_CHECK=skip=all . >/dev/null 2>build.log
expect_no_text build.log found

# a mistake is told with its line, in JSON too
printf 'FROM test/busybox AS Base\nCOPY --from=7 /a /a\n' >Dockerfile
fails_with 3 "$SLIPWAY" build --check .
expect_text stdout.log "StageNameCasing"
expect_text stderr.log "Dockerfile:2"
fails_with 3 "$SLIPWAY" build --call=check,format=json .
expect_equal "$(jq -r '.buildError.location.ranges[0].start.line' stdout.log)" 2
