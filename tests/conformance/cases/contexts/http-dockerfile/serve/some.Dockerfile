FROM scratch
LABEL from=http
COPY <<E /f
1
E
