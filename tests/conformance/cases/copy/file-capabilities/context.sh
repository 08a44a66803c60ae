cp /bin/true t 2>/dev/null || echo x >t; printf x >t; chmod 755 t; setcap cap_net_bind_service=+ep t
