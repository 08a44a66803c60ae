echo 1 >"it's"
echo 2 >'say "hi"'
