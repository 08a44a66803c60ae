mkdir t; echo 1 >t/f; python3 -c "import os; os.setxattr('t/f', 'user.note', b'v')"; tar --xattrs --owner=0 --group=0 --mtime=@0 --sort=name -C t -cf a.tar f; rm -r t
