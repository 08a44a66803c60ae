touch f; mkdir sub; chown 1000:1000 f sub
