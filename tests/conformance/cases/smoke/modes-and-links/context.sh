chmod 4755 sub/file
ln sub/file hard
ln -s /outside outside
mkfifo pipe
mkdir -m 1777 sticky empty
touch -d '2001-02-03 04:05:06 UTC' sub/dated
