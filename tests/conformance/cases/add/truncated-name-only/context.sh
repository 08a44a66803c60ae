touch e.tar
