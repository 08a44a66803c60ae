mkdir s; echo 1 >f; ln -s f l; ln -s s dl; ln -s nowhere dangling; ln -s /etc/passwd absolute; ln -s ../../out out
