echo 1 >f; python3 -c "import os; os.setxattr('f', 'user.note', b'v')"; printf x >t; chmod 755 t; setcap cap_net_raw=+ep t
