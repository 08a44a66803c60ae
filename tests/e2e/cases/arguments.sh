# ARG and ENV scopes and the forms of expansion.
. "$E2E_LIB"
cat >Dockerfile <<'D'
ARG BASE=test/busybox
ARG OUTER=outer
FROM ${BASE} AS one
ARG OUTER
ARG NAME=default
ARG EMPTY=
ENV FIRST=${NAME:-none} SECOND=${MISSING:-fallback} THIRD=${NAME:+set} FOURTH=${EMPTY:+no}x
ENV FILE=archive.tar.gz
ENV STEM=${FILE%.gz} TAIL=${FILE#*.}
RUN printf '%s\n' "$OUTER" "$FIRST" "$SECOND" "$THIRD" "$FOURTH" "$STEM" "$TAIL" >/values
FROM one
RUN echo "$NAME" >>/values
D
build -t arguments --build-arg NAME=given . >/dev/null
expect_equal "$("$SLIPWAY" run arguments cat /values | tr '\n' ' ')" \
    "outer given fallback set x archive.tar tar.gz given "
reasons --build-arg NAME=given --build-arg UNDECLARED=1 . | grep -v '^source' | grep -v '^hit_local' && fail "an undeclared argument ran a step"
reasons --build-arg NAME=other . >after.txt
expect_text after.txt "RUN printf"
expect_text events.json "variable NAME"
