echo 1 >f; mkdir s; python3 - <<'P'
import os
os.setxattr('f', 'user.note', b'value')
os.setxattr('s', 'user.dir', b'x')
P
