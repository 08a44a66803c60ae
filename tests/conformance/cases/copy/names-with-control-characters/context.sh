printf 1 >$'new\nline'
printf 2 >$'tab\there'
printf 3 >' leading'
printf 4 >'trailing '
