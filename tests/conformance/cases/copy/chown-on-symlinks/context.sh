touch f; ln -s f l; ln -s nowhere dangling
